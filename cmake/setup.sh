#!/bin/sh
# setup.sh GROUP…: installs, as root or with sudo, the Debian packages of the groups that are not there yet.
#   build valijson  what CMake asks for (the second is headers only, but its package brings Qt)
#   run             a broker to play with
#   test            linters, and what the tests talk to
#   faults          tools that make faults
#   fuzz            libFuzzer
#   package         what cpack needs
#   container       what the tests of images and package need beside a Docker engine
set -eu

# Debian 12's default Boost is too old; its newer one has the version in its packages' names.
boost=
if grep -q '^VERSION_CODENAME=bookworm' /etc/os-release; then boost=1.81; fi

packages() {
  case $1 in
    build) echo g++ cmake ninja-build ccache \
      nlohmann-json3-dev libssl-dev zlib1g-dev libisal-dev libtbb-dev \
      libpaho-mqtt-dev libpaho-mqttpp-dev "libboost$boost-dev" "libboost-url$boost-dev" \
      libspdlog-dev libcli11-dev prometheus-cpp-dev libgtest-dev libgmock-dev libmosquitto-dev ;;
    valijson) echo libvalijson-dev ;;
    run) echo mosquitto mosquitto-clients ;;
    # The linters' version is pinned, so that Debian 12 and 13 agree on what is clean.
    test) echo openssl python3 python3-websockets python3-yaml jq clang-format-19 clang-tidy-19 shellcheck prometheus \
      chromium chromium-driver python3-selenium fonts-inter ;;
    fuzz) echo clang-19 libclang-rt-19-dev ;;
    faults) echo iproute2 iptables strace faketime ;;
    package) echo dpkg-dev file ;;
    container) echo docker-compose debootstrap dpkg-dev file systemd util-linux ;;
    *) echo "setup.sh: no group '$1'" >&2; return 2 ;;
  esac
}

sudo=
[ "$(id -u)" = 0 ] || sudo=sudo

missing=
for group; do
  names=$(packages "$group")
  # A bare Debian 12 has none, and the tests of TLS need a host by name.
  if [ "$group" = test ] && [ ! -e /etc/hosts ]; then
    echo 'Writing /etc/hosts: localhost'
    echo '127.0.0.1 localhost' | $sudo tee /etc/hosts >/dev/null
  fi
  for name in $names; do
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$name" 2>/dev/null)" = installed ] ||
      missing="$missing $name"
  done
done
[ -n "$missing" ] || exit 0

echo "Installing with apt:$missing"
$sudo apt-get -q update
# shellcheck disable=SC2086 # a list
$sudo env DEBIAN_FRONTEND=noninteractive apt-get -q install -y --no-install-recommends $missing
