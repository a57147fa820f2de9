#include "processing/digester.hpp"

#include <openssl/evp.h>
#include <zlib.h>

#include <array>
#include <cstdint>
#include <stdexcept>

namespace millrace {
namespace {

// Between two pieces a deadline is looked at: 64 KiB take well under a millisecond.
constexpr std::size_t kPiece = 65536;

Failed stopped() {
  return {"timed out"};
}

// Calls `add` with one piece after another; false where stop was requested, or `add` failed.
template <typename Add>
bool feed(std::string_view bytes, const std::stop_token& stop, Add add) {
  for (std::size_t at = 0; at < bytes.size(); at += kPiece) {
    if (stop.stop_requested() || !add(bytes.substr(at, kPiece))) return false;
  }
  return true;
}

std::variant<std::string, Failed> compute_crc32(std::string_view bytes,
                                                const std::stop_token& stop) {
  uLong crc = crc32_z(0, nullptr, 0);
  const bool all = feed(bytes, stop, [&crc](std::string_view piece) {
    crc = crc32_z(crc, reinterpret_cast<const Bytef*>(piece.data()), piece.size());
    return true;
  });
  if (!all) return stopped();
  std::string digest;
  for (int shift = 24; shift >= 0; shift -= 8) digest += static_cast<char>(crc >> shift & 0xff);
  return digest;
}

std::variant<std::string, Failed> compute_evp(const EVP_MD* algorithm, EVP_MD_CTX* context,
                                              std::string_view bytes, const std::stop_token& stop) {
  bool works = EVP_DigestInit_ex2(context, algorithm, nullptr) == 1;
  works = works && feed(bytes, stop, [context](std::string_view piece) {
            return EVP_DigestUpdate(context, piece.data(), piece.size()) == 1;
          });
  if (!works && stop.stop_requested()) return stopped();
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  if (!works || EVP_DigestFinal_ex(context, digest.data(), &size) != 1) {
    return Failed{"OpenSSL could not compute it"};
  }
  return std::string(digest.begin(), digest.begin() + size);
}

}  // namespace

std::string_view to_string(DigestAlgorithm algorithm) noexcept {
  switch (algorithm) {
    case DigestAlgorithm::md5:
      return "md5";
    case DigestAlgorithm::sha1:
      return "sha1";
    case DigestAlgorithm::sha256:
      return "sha256";
    case DigestAlgorithm::sha512:
      return "sha512";
    case DigestAlgorithm::crc32:
      return "crc32";
  }
  return {};
}

std::size_t digest_size(DigestAlgorithm algorithm) noexcept {
  switch (algorithm) {
    case DigestAlgorithm::md5:
      return 16;
    case DigestAlgorithm::sha1:
      return 20;
    case DigestAlgorithm::sha256:
      return 32;
    case DigestAlgorithm::sha512:
      return 64;
    case DigestAlgorithm::crc32:
      return 4;
  }
  return 0;
}

std::string to_hex(std::string_view bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  text.reserve(bytes.size() * 2);
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
  }
  return text;
}

void Digester::Free::operator()(evp_md_st* algorithm) const noexcept {
  EVP_MD_free(algorithm);
}

void Digester::Free::operator()(evp_md_ctx_st* context) const noexcept {
  EVP_MD_CTX_free(context);
}

Digester::Digester(DigestAlgorithm algorithm, unsigned workers) : algorithm_(algorithm) {
  if (algorithm == DigestAlgorithm::crc32) return;
  const std::string name(to_string(algorithm));
  // Fetched once: looking an algorithm up costs more than the digest of a small payload.
  evp_.reset(EVP_MD_fetch(nullptr, name.c_str(), nullptr));
  if (!evp_) {
    throw std::invalid_argument("processing.algorithm: \"" + name +
                                "\" is not offered by this machine's OpenSSL");
  }
  for (unsigned worker = 0; worker < workers; ++worker) {
    contexts_.emplace_back(EVP_MD_CTX_new());
    if (!contexts_.back()) throw std::bad_alloc();
  }
}

std::variant<std::string, Failed> Digester::compute(std::string_view bytes,
                                                    const Attempt& attempt) const {
  if (!evp_) return compute_crc32(bytes, attempt.stop);
  return compute_evp(evp_.get(), contexts_.at(attempt.worker).get(), bytes, attempt.stop);
}

}  // namespace millrace
