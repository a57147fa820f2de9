#include "net/http_client.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>

namespace millrace {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;

using Answer = std::variant<HttpReceived, std::string>;

constexpr std::uint64_t kBodyBytes = 65536;
constexpr auto kErrorAndResult = asio::as_tuple(asio::use_awaitable);

http::request<http::empty_body> request_for(const HttpQuestion& question) {
  http::request<http::empty_body> request(http::verb::get, question.path, 11);
  request.set(http::field::host, to_string(question.address));
  request.set(http::field::connection, "close");
  if (!question.token.empty()) {
    request.set(http::field::authorization, "Bearer " + question.token);
  }
  return request;
}

asio::awaitable<void> ask(const HttpQuestion& question, Answer& answer) {
  beast::tcp_stream stream(co_await asio::this_coro::executor);
  stream.expires_after(question.timeout);
  asio::ip::tcp::resolver resolver(stream.get_executor());
  const auto [unresolved, found] = co_await resolver.async_resolve(
      question.address.host, std::to_string(question.address.port), kErrorAndResult);
  if (unresolved) {
    answer = unresolved.message();
    co_return;
  }
  const auto [refused, peer] = co_await stream.async_connect(found, kErrorAndResult);
  if (refused) {
    answer = refused.message();
    co_return;
  }
  const auto request = request_for(question);
  const auto [unsent, sent] = co_await http::async_write(stream, request, kErrorAndResult);
  if (unsent) {
    answer = unsent.message();
    co_return;
  }
  beast::flat_buffer buffer;
  http::response_parser<http::string_body> parser;
  parser.body_limit(kBodyBytes);
  const auto [unread, read] = co_await http::async_read(stream, buffer, parser, kErrorAndResult);
  if (unread) {
    answer = unread.message();
  } else {
    answer = HttpReceived{parser.get().result_int(), parser.release().body()};
  }
}

}  // namespace

Answer http_get(const HttpQuestion& question) {
  Answer answer = std::string("no answer");
  try {
    asio::io_context io(1);
    asio::co_spawn(io, ask(question, answer), asio::detached);
    io.run();
  } catch (const std::exception& error) {
    answer = std::string(error.what());
  }
  return answer;
}

}  // namespace millrace
