#!/bin/sh
# Makes the image debian:trixie-slim with debootstrap from the mirror that this machine's apt uses, for where no
# registry of images can be reached. Does nothing when the image is there. Needs root, debootstrap, a Docker engine.
set -eu
image=debian:trixie-slim
if docker image inspect "$image" >/dev/null 2>&1; then exit 0; fi

# The first mirror of Debian itself: `deb [options] URI suite …` in *.list, `URIs: URI …` in *.sources.
mirror=$(find /etc/apt -name '*.list' -o -name '*.sources' | sort | xargs cat |
  sed -n 's/^deb \(\[.*\] \)\{0,1\}//p; s/^URIs: *//p' | cut -d ' ' -f 1 | grep -m 1 '/debian/*$') ||
  { echo 'base-image.sh: no Debian mirror in /etc/apt' >&2; exit 1; }

root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
echo "Making $image with debootstrap"
debootstrap --variant=minbase trixie "$root" "$mirror" >"$root.log" 2>&1 ||
  { tail -n 20 "$root.log" >&2; exit 1; }
rm -f "$root.log"
# As the image of that name in a registry: no package lists, documents or translations; apt starts no service there,
# and does not sync what it unpacks.
rm -rf "$root"/var/cache/apt/archives/*.deb "$root"/var/lib/apt/lists/* "$root"/usr/share/doc \
  "$root"/usr/share/locale "$root"/usr/share/man
printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
echo force-unsafe-io >"$root/etc/dpkg/dpkg.cfg.d/docker-apt-speedup"
chmod 755 "$root" "$root/usr/sbin/policy-rc.d"
tar -C "$root" --one-file-system -c . | docker import - "$image" >/dev/null
