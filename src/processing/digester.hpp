// Digester: digests of payloads, by OpenSSL (EVP) and zlib (crc32).
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "millrace/config.hpp"
#include "millrace/outcome.hpp"
#include "millrace/processor.hpp"

struct evp_md_ctx_st;
struct evp_md_st;

namespace millrace {

/// As in the configuration: `sha256`.
[[nodiscard]] std::string_view to_string(DigestAlgorithm algorithm) noexcept;

/// Bytes of a digest; crc32 is four, most significant first.
[[nodiscard]] std::size_t digest_size(DigestAlgorithm algorithm) noexcept;

/// Lower-case hexadecimal digits, two a byte.
[[nodiscard]] std::string to_hex(std::string_view bytes);

/// Computes digests without a copy of the bytes, and without an allocation of OpenSSL's per call:
/// each worker has a context of its own.
///
/// Threads: `compute` from several at once, as long as their attempts have different workers.
class Digester {
 public:
  /// Throws `std::invalid_argument` where this machine's OpenSSL does not offer the algorithm, as
  /// md5 under FIPS.
  Digester(DigestAlgorithm algorithm, unsigned workers);

  /// The digest, or why there is none: stop was requested before its end.
  [[nodiscard]] std::variant<std::string, Failed> compute(std::string_view bytes,
                                                          const Attempt& attempt) const;

  [[nodiscard]] DigestAlgorithm algorithm() const noexcept { return algorithm_; }

 private:
  struct Free {
    void operator()(evp_md_st* algorithm) const noexcept;
    void operator()(evp_md_ctx_st* context) const noexcept;
  };

  DigestAlgorithm algorithm_;
  std::unique_ptr<evp_md_st, Free> evp_;  // null for crc32
  std::vector<std::unique_ptr<evp_md_ctx_st, Free>> contexts_;
};

}  // namespace millrace
