#include "fuzz/damage.hpp"

#include <algorithm>
#include <iterator>
#include <string>
#include <utility>

namespace millrace::fuzz {
namespace {

enum class Act { flip, write, zero, copy, cut_short, grow, swap, remove, kMaxValue = remove };

std::string& any_file(FuzzedDataProvider& in, Files& files) {
  return std::next(files.begin(), in.ConsumeIntegralInRange<std::ptrdiff_t>(
                                      0, static_cast<std::ptrdiff_t>(files.size()) - 1))
      ->second;
}

std::size_t any_place(FuzzedDataProvider& in, const std::string& bytes) {
  return in.ConsumeIntegralInRange<std::size_t>(0, bytes.size());
}

// As far as the file goes.
void overwrite(std::string& bytes, std::size_t at, const std::string& by) {
  bytes.replace(at, std::min(by.size(), bytes.size() - at),
                by.substr(0, std::min(by.size(), bytes.size() - at)));
}

void act(FuzzedDataProvider& in, Files& files) {
  std::string& bytes = any_file(in, files);
  const auto at = any_place(in, bytes);
  switch (in.ConsumeEnum<Act>()) {
    case Act::flip:
      if (at < bytes.size()) {
        bytes[at] = static_cast<char>(bytes[at] ^ (1 << in.ConsumeIntegralInRange(0, 7)));
      }
      break;
    case Act::write:
      overwrite(bytes, at, in.ConsumeRandomLengthString(64));
      break;
    case Act::zero:
      overwrite(bytes, at, std::string(in.ConsumeIntegralInRange<std::size_t>(1, 2048), '\0'));
      break;
    case Act::copy: {
      const std::string& from = any_file(in, files);
      const auto first = any_place(in, from);
      overwrite(bytes, at, from.substr(first, in.ConsumeIntegralInRange<std::size_t>(1, 2048)));
      break;
    }
    case Act::cut_short:
      bytes.resize(at);
      break;
    case Act::grow:
      bytes.append(in.ConsumeIntegralInRange<std::size_t>(1, 64), in.ConsumeIntegral<char>());
      break;
    case Act::swap:
      std::swap(bytes, any_file(in, files));
      break;
    case Act::remove: {
      const auto which = std::find_if(files.begin(), files.end(),
                                      [&](const auto& file) { return &file.second == &bytes; });
      files.erase(which);
      break;
    }
  }
}

}  // namespace

Files damaged(FuzzedDataProvider& in, Files files) {
  for (auto acts = in.ConsumeIntegralInRange(0, 4); acts > 0 && !files.empty(); --acts) {
    act(in, files);
  }
  return files;
}

}  // namespace millrace::fuzz
