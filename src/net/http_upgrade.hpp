// What a connection that leaves HTTP takes along.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/message.hpp>

namespace millrace {

/// The socket runs on the server's thread and is the receiver's own from here on; it has to be
/// closed before the server's end.
struct HttpUpgrade {
  boost::asio::ip::tcp::socket socket;
  boost::beast::http::request<boost::beast::http::empty_body> request;
  boost::beast::flat_buffer unread;  ///< bytes that came after the request
};

}  // namespace millrace
