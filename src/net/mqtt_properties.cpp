#include "net/mqtt_properties.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace millrace {
namespace {

std::string text(const MQTTLenString& string) {
  return {string.data, static_cast<std::size_t>(string.len)};
}

// Paho takes pointers to what it only reads as pointers to what it may write.
MQTTLenString borrow(std::string_view bytes) {
  return {static_cast<int>(bytes.size()), const_cast<char*>(bytes.data())};
}

// True where it is one that we pass on.
bool read_property(const MQTTProperty& from, Properties& to) {
  switch (static_cast<int>(from.identifier)) {
    case MQTTPROPERTY_CODE_CONTENT_TYPE:
      to.content_type = text(from.value.data);
      return true;
    case MQTTPROPERTY_CODE_CORRELATION_DATA:
      to.correlation_data = text(from.value.data);
      return true;
    case MQTTPROPERTY_CODE_RESPONSE_TOPIC:
      to.response_topic = text(from.value.data);
      return true;
    case MQTTPROPERTY_CODE_MESSAGE_EXPIRY_INTERVAL:
      to.message_expiry = from.value.integer4;
      return true;
    case MQTTPROPERTY_CODE_PAYLOAD_FORMAT_INDICATOR:
      to.utf8_payload = from.value.byte == 1;
      return true;
    case MQTTPROPERTY_CODE_USER_PROPERTY:
      to.user.emplace_back(text(from.value.data), text(from.value.value));
      return true;
    default:
      return false;
  }
}

// Refers to the bytes of our properties, so that Paho's copy of them is the only one.
class BorrowedProperties {
 public:
  explicit BorrowedProperties(const Properties& from) {
    items_.reserve(5 + from.user.size());
    add(MQTTPROPERTY_CODE_CONTENT_TYPE, from.content_type);
    add(MQTTPROPERTY_CODE_CORRELATION_DATA, from.correlation_data);
    add(MQTTPROPERTY_CODE_RESPONSE_TOPIC, from.response_topic);
    if (from.message_expiry) {
      next(MQTTPROPERTY_CODE_MESSAGE_EXPIRY_INTERVAL).value.integer4 = *from.message_expiry;
    }
    if (from.utf8_payload) next(MQTTPROPERTY_CODE_PAYLOAD_FORMAT_INDICATOR).value.byte = 1;
    for (const auto& [name, value] : from.user) {
      auto& item = next(MQTTPROPERTY_CODE_USER_PROPERTY);
      item.value.data = borrow(name);
      item.value.value = borrow(value);
    }
  }

  [[nodiscard]] mqtt::properties copy() {
    MQTTProperties borrowed = MQTTProperties_initializer;
    borrowed.count = static_cast<int>(items_.size());
    borrowed.max_count = borrowed.count;
    borrowed.array = items_.data();
    return mqtt::properties(borrowed);
  }

 private:
  MQTTProperty& next(MQTTPropertyCodes code) {
    auto& item = items_.emplace_back();
    item.identifier = code;
    return item;
  }

  void add(MQTTPropertyCodes code, const std::string& bytes) {
    if (!bytes.empty()) next(code).value.data = borrow(bytes);
  }

  std::vector<MQTTProperty> items_;
};

}  // namespace

std::shared_ptr<const Properties> from_paho(const mqtt::properties& properties) {
  const auto& from = properties.c_struct();
  if (from.count == 0) return nullptr;
  auto to = std::make_shared<Properties>();
  bool any = false;
  for (int index = 0; index < from.count; ++index) {
    any = read_property(from.array[index], *to) || any;
  }
  return any ? to : nullptr;
}

std::string_view find_user_property(const mqtt::properties& properties,
                                    std::string_view name) noexcept {
  const auto& all = properties.c_struct();
  const auto view = [](const MQTTLenString& string) {
    return std::string_view(string.data, static_cast<std::size_t>(string.len));
  };
  for (int index = 0; index < all.count; ++index) {
    const auto& item = all.array[index];
    if (static_cast<int>(item.identifier) != MQTTPROPERTY_CODE_USER_PROPERTY) continue;
    if (view(item.value.data) == name) return view(item.value.value);
  }
  return {};
}

std::size_t wire_size(const mqtt::properties& properties) {
  constexpr std::size_t kIdentifierAndNumber = 1 + 4;
  constexpr std::size_t kLength = 2;
  const auto& all = properties.c_struct();
  std::size_t size = 0;
  for (int index = 0; index < all.count; ++index) {
    const auto& item = all.array[index];
    size += kIdentifierAndNumber;
    const int type = MQTTProperty_getType(item.identifier);
    const bool pair = type == MQTTPROPERTY_TYPE_UTF_8_STRING_PAIR;
    if (pair || type == MQTTPROPERTY_TYPE_UTF_8_ENCODED_STRING ||
        type == MQTTPROPERTY_TYPE_BINARY_DATA) {
      size += kLength + static_cast<std::size_t>(item.value.data.len);
    }
    if (pair) size += kLength + static_cast<std::size_t>(item.value.value.len);
  }
  return size;
}

mqtt::properties to_paho(const Properties& properties) {
  return BorrowedProperties(properties).copy();
}

}  // namespace millrace
