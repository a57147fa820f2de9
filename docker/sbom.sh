#!/bin/sh
# What an image is made of, by dpkg's own records:
#   sbom.sh packages FILE…                  the Debian packages that these files belong to, one a line
#   sbom.sh headers                         those whose headers are compiled into millrace, and are installed
#   sbom.sh spdx NAME VERSION PACKAGE… [--compiled-in PACKAGE…]
#                                           SPDX 2.3 as JSON: millrace VERSION and what it depends on
set -eu

# dpkg knows a file of /usr by either path.
owner() {
  for file; do
    real=$(realpath "$file")
    for path in "$file" "$real" "/usr$file" "/usr$real" "${real#/usr}"; do
      if dpkg-query -S "$path" 2>/dev/null | grep -v '^diversion '; then continue 2; fi
    done
    echo "sbom.sh: $file belongs to no package" >&2
    return 1
  done
}

# Valijson's package is not installed, only unpacked.
headers() {
  dpkg-query -W -f '${Package} ${db:Status-Status}\n' 'libboost*-dev' libcli11-dev libspdlog-dev libfmt-dev \
    nlohmann-json3-dev 2>/dev/null | sed -n 's/ installed$//p'
  # shellcheck disable=SC2016 # dpkg-deb fills them in
  for deb in /tmp/libvalijson-dev_*.deb; do
    [ ! -e "$deb" ] || dpkg-deb -W --showformat '${Package}=${Version}=${Architecture}\n' "$deb"
  done
}

# NAME, or NAME=VERSION=ARCHITECTURE, as `name version architecture source`.
described() {
  case $1 in
    *=*) echo "$1" | sed 's/=/ /g; s/\([^ ]*\).*/& \1/' ;;
    *) dpkg-query -W -f '${Package} ${Version} ${Architecture} ${source:Package}\n' "$1" | head -n 1 ;;
  esac
}

# SPDX allows letters, digits, `.` and `-` in it.
reference() { echo "SPDXRef-${1%%=*}" | tr + .; }

suite() { sed -n 's/^VERSION_CODENAME=//p' /etc/os-release; }

package() {
  described "$1" | while read -r name version architecture source; do
    # In a purl `+` and `:` are written as %2B and %3A.
    escaped=$(echo "$version" | sed 's/+/%2B/g; s/:/%3A/g')
    cat <<END
    , { "SPDXID": "$(reference "$name")", "name": "$name", "versionInfo": "$version", "supplier": "Organization: Debian",
      "sourceInfo": "source package $source", "downloadLocation": "NOASSERTION", "filesAnalyzed": false,
      "licenseConcluded": "NOASSERTION", "licenseDeclared": "NOASSERTION", "copyrightText": "NOASSERTION",
      "externalRefs": [ { "referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl",
        "referenceLocator": "pkg:deb/debian/$name@$escaped?arch=$architecture&distro=$(suite)" } ] }
END
  done
}

relation() {
  echo "    , { \"spdxElementId\": \"SPDXRef-millrace\", \"relationshipType\": \"$1\"," \
    "\"relatedSpdxElement\": \"$(reference "$2")\" }"
}

spdx() {
  name=$1 version=$2
  shift 2
  cat <<END
{ "spdxVersion": "SPDX-2.3", "dataLicense": "CC0-1.0", "SPDXID": "SPDXRef-DOCUMENT", "name": "$name-$version",
  "documentNamespace": "https://spdx.org/spdxdocs/$name-$version-$(cat /proc/sys/kernel/random/uuid)",
  "creationInfo": { "created": "$(date -u +%Y-%m-%dT%H:%M:%SZ)", "creators": ["Tool: millrace-docker-sbom.sh"] },
  "packages": [
    { "SPDXID": "SPDXRef-millrace", "name": "millrace", "versionInfo": "$version",
      "downloadLocation": "NOASSERTION", "filesAnalyzed": false, "licenseConcluded": "Apache-2.0",
      "licenseDeclared": "Apache-2.0", "copyrightText": "NOASSERTION" }
END
  for each; do [ "$each" = --compiled-in ] || package "$each"; done
  cat <<END
  ],
  "relationships": [
    { "spdxElementId": "SPDXRef-DOCUMENT", "relationshipType": "DESCRIBES", "relatedSpdxElement": "SPDXRef-millrace" }
END
  kind=DEPENDS_ON
  for each; do
    if [ "$each" = --compiled-in ]; then kind=STATIC_LINK; else relation $kind "$each"; fi
  done
  echo '  ] }'
}

command=$1
shift
case $command in
  packages) owner "$@" | sed 's/[:,].*//' | sort -u ;;
  headers) headers ;;
  spdx) spdx "$@" ;;
  *) sed -n 's/^# //p' "$0" >&2; exit 2 ;;
esac
