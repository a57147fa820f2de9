// Which member of Config is which key of the schema: said once, for loading and for listing.
#pragma once

#include <string>

#include "millrace/config.hpp"

namespace millrace {

/// Calls `visit(path, member)` for what a source and a sink have in common.
template <typename Endpoint, typename Visit>
void visit_endpoint(const std::string& end, Endpoint& endpoint, Visit&& visit) {
  visit(end + ".url", endpoint.url);
  visit(end + ".qos", endpoint.qos);
  visit(end + ".client_id", endpoint.client_id);
  visit(end + ".username", endpoint.username);
  visit(end + ".password", endpoint.password);
  visit(end + ".token", endpoint.token);
  visit(end + ".headers", endpoint.headers);
  visit(end + ".mqtt_version", endpoint.mqtt_version);
  visit(end + ".keep_alive", endpoint.keep_alive);
  visit(end + ".reconnect.min", endpoint.reconnect.min);
  visit(end + ".reconnect.max", endpoint.reconnect.max);
  visit(end + ".tls.ca", endpoint.tls.ca);
  visit(end + ".tls.cert", endpoint.tls.cert);
  visit(end + ".tls.key", endpoint.tls.key);
  visit(end + ".tls.key_passphrase", endpoint.tls.key_passphrase);
}

template <typename Sink, typename Visit>
void visit_sink(Sink& sink, Visit&& visit) {
  visit_endpoint("sink", sink, visit);
  visit("sink.topic", sink.topic);
  visit("sink.retain", sink.retain);
  visit("sink.envelope", sink.envelope);
  visit("sink.allow_loop", sink.allow_loop);
  visit("sink.hold", sink.hold);
  visit("sink.max_clients", sink.max_clients);
  visit("sink.client_queue", sink.client_queue);
  visit("sink.client_queue_bytes", sink.client_queue_bytes);
  visit("sink.origins", sink.origins);
}

template <typename Processing, typename Visit>
void visit_processing(Processing& processing, Visit&& visit) {
  visit("processing.type", processing.type);
  visit("processing.workers", processing.workers);
  visit("processing.timeout", processing.timeout);
  visit("processing.attempts", processing.attempts);
  visit("processing.backoff", processing.backoff);
  visit("processing.backoff_max", processing.backoff_max);
  visit("processing.on_failure", processing.on_failure);
  visit("processing.order", processing.order);
  visit("processing.key", processing.key);
  visit("processing.delay", processing.delay);
  visit("processing.algorithm", processing.algorithm);
  visit("processing.emit", processing.emit);
  visit("processing.command", processing.command);
  visit("processing.limits.cpu", processing.limits.cpu);
  visit("processing.limits.memory", processing.limits.memory);
}

template <typename Limits, typename Visit>
void visit_limits(Limits& limits, Visit&& visit) {
  visit("limits.in_flight", limits.in_flight);
  visit("limits.in_flight_bytes", limits.in_flight_bytes);
  visit("limits.partial_bytes", limits.partial_bytes);
  visit("limits.frame_bytes", limits.frame_bytes);
  visit("limits.result_bytes", limits.result_bytes);
  visit("limits.connections", limits.connections);
  visit("limits.drain", limits.drain);
}

/// Calls `visit(path, member)` for every value of a `Config` or a `const Config`.
template <typename AnyConfig, typename Visit>
void visit_config(AnyConfig& config, Visit&& visit) {
  visit_endpoint("source", config.source, visit);
  visit("source.topics", config.source.topics);
  visit("source.subscribe", config.source.subscribe);
  visit("source.session_expiry", config.source.session_expiry);
  visit("source.idle_timeout", config.source.idle_timeout);
  visit("source.dedupe.key", config.source.dedupe.key);
  visit("source.dedupe.window", config.source.dedupe.window);
  visit("source.partition.count", config.source.partition.count);
  visit("source.partition.indices", config.source.partition.indices);
  visit("source.partition.key", config.source.partition.key);
  visit("framing.type", config.framing.type);
  visit("framing.timeout", config.framing.timeout);
  visit("framing.header.format", config.framing.header.format);
  visit("framing.header.fields", config.framing.header.fields);
  visit_processing(config.processing, visit);
  visit_sink(config.sink, visit);
  visit("dead_letter.topic", config.dead_letter.topic);
  visit("status.topic", config.status.topic);
  visit("journal.path", config.journal.path);
  visit("journal.durability", config.journal.durability);
  visit("journal.max_bytes", config.journal.max_bytes);
  visit_limits(config.limits, visit);
  visit("http.listen", config.http.listen);
  visit("http.token", config.http.token);
  visit("http.tap", config.http.tap);
  visit("log.level", config.log.level);
  visit("log.format", config.log.format);
}

}  // namespace millrace
