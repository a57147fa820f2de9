# Every library comes from Debian, so that apt brings and mends it. Why each one:

find_package(Threads REQUIRED)

# JSON values: configuration, dead letters, envelopes. The usual one, header-only.
find_package(nlohmann_json 3.11 REQUIRED)

# JSON Schema: checks the configuration against config/schema.json; works on nlohmann values as they are.
find_path(VALIJSON_INCLUDE_DIR valijson/validator.hpp REQUIRED)
add_library(millrace_valijson INTERFACE)
target_include_directories(millrace_valijson SYSTEM INTERFACE ${VALIJSON_INCLUDE_DIR})

# Digests (EVP) and TLS.
find_package(OpenSSL 3.0 REQUIRED)

# crc32, by the library that everyone's crc32 is compared with.
find_package(ZLIB REQUIRED)

# CRC-32C of the journal's records, with the processor's own instruction; the only such library that
# Debian has for C. Its package brings no CMake files.
find_path(ISAL_INCLUDE_DIR isa-l/crc.h REQUIRED)
find_library(ISAL_LIBRARY isal REQUIRED)
add_library(millrace_isal INTERFACE)
target_include_directories(millrace_isal SYSTEM INTERFACE ${ISAL_INCLUDE_DIR})
target_link_libraries(millrace_isal INTERFACE ${ISAL_LIBRARY})

# The flow graph.
find_package(TBB 2021.8 REQUIRED)

# MQTT. Debian's package brings CMake files for neither half on every release, so: by name.
find_path(PAHO_CPP_INCLUDE_DIR mqtt/async_client.h REQUIRED)
find_library(PAHO_CPP_LIBRARY paho-mqttpp3 REQUIRED)
find_library(PAHO_C_LIBRARY paho-mqtt3as REQUIRED)
add_library(millrace_paho INTERFACE)
target_include_directories(millrace_paho SYSTEM INTERFACE ${PAHO_CPP_INCLUDE_DIR})
target_link_libraries(millrace_paho INTERFACE ${PAHO_CPP_LIBRARY} ${PAHO_C_LIBRARY})

# HTTP and WebSocket (Beast), sockets (Asio), URLs.
find_package(Boost 1.81 CONFIG REQUIRED COMPONENTS url)

# Log lines: levels, formats and a sink that does not block on the reader's mistakes.
find_package(spdlog 1.10 REQUIRED)

# Metrics: Prometheus' text format, written by the library that its C++ users know; `core` alone, which
# brings no HTTP server of its own. By name: the package's CMake files ask for civetweb and curl as well.
find_path(PROMETHEUS_INCLUDE_DIR prometheus/text_serializer.h REQUIRED)
find_library(PROMETHEUS_LIBRARY prometheus-cpp-core REQUIRED)
add_library(millrace_prometheus INTERFACE)
target_include_directories(millrace_prometheus SYSTEM INTERFACE ${PROMETHEUS_INCLUDE_DIR})
target_link_libraries(millrace_prometheus INTERFACE ${PROMETHEUS_LIBRARY})

# Command line: subcommands, help and errors in one line.
find_package(CLI11 2.1 REQUIRED)
