// From a Deliver to bytes on a wire, by the channel's kind.
#include "broker/courier/deliver.h"

#include "broker/courier/mail.h"
#include "broker/courier/smtp.h"
#include "broker/courier/stream.h"
#include "broker/courier/syslog.h"
#include "broker/courier/templates.h"
#include "broker/courier/webhook.h"

namespace anteroom::courier {

namespace {

using installation::AlertChannel;
constexpr std::size_t largest_secret = 4096;
constexpr Duration syslog_may_take = std::chrono::seconds(10);

std::string path_of(const Site& site, const std::string& file) { return file.empty() || file.starts_with('/') ? file : site.dir + "/" + file; }

// One line, without its end.
Result<Secret> secret_in(const Site& site, const std::string& file) {
    if (file.empty()) return Secret();
    const auto path = path_of(site, file);
    auto bytes = read_file(path, largest_secret);
    if (!bytes) return fail(bytes.error().kind, bytes.error().detail);
    while (!bytes->empty() && (bytes->back() == '\n' || bytes->back() == '\r')) bytes->pop_back();
    Secret secret(std::move(*bytes));
    if (secret.empty()) return fail(ErrorKind::invalid, path + " is empty");
    for (const auto byte : secret.expose())
        if (byte < 0x20) return fail(ErrorKind::invalid, path + " has more than one line, or control characters");
    return secret;
}

Result<std::string> url_of(const AlertChannel& channel, const Site& site) {
    if (channel.url_file.empty()) return channel.url;
    const auto secret = TRY(secret_in(site, channel.url_file));
    std::string url(secret.expose_text());
    if (auto right = installation::check_webhook_url(url); !right)
        return fail(ErrorKind::invalid, path_of(site, channel.url_file) + ": " + right.error().detail);
    return url;
}

std::string delivery_name(const control::Deliver& what) { return what.channel + "-" + std::to_string(what.number); }

std::string body_for(const AlertChannel& channel, const Site& site, const Event& event, const std::string& delivery, const Secret& secret) {
    switch (channel.shape) {
        case AlertChannel::Template::plain: return plain_body(event, delivery);
        case AlertChannel::Template::slack: return slack_body(event, site.zone);
        case AlertChannel::Template::teams: return teams_body(event, site.zone);
        case AlertChannel::Template::pagerduty: return pagerduty_body(event, delivery, secret.expose_text());
    }
    return {};
}

Result<Outcome> by_webhook(const AlertChannel& channel, const Site& site, const control::Deliver& what, const Event& event) {
    const auto secret = TRY(secret_in(site, channel.secret_file));
    Call call;
    call.url = TRY(url_of(channel, site));
    call.ca_file = path_of(site, channel.ca_file);
    call.body = body_for(channel, site, event, delivery_name(what), secret);
    call.headers.push_back("Anteroom-Delivery: " + delivery_name(what));
    if (!secret.empty() && channel.shape != AlertChannel::Template::pagerduty) call.headers.push_back(signature_header(secret, site.clock.now(), call.body));
    return post(call);
}

Result<Outcome> by_mail(const AlertChannel& channel, const Site& site, const control::Deliver& what, const Event& event) {
    Envelope envelope{channel, {}, TRY(secret_in(site, channel.secret_file)), path_of(site, channel.ca_file)};
    for (const auto& address : event.to)
        if (installation::is_mail_address(address)) envelope.to.push_back(address);
    if (envelope.to.empty()) return Outcome{true, "given up, there is nobody to write to"};
    return send_mail(envelope, letter(event, {channel.from, envelope.to, delivery_name(what), site.zone, site.help}));
}

std::string records_of(std::string_view rest, const Site& site) {
    std::string all;
    while (!rest.empty()) {
        const auto line = rest.substr(0, rest.find('\n'));
        all += framed(syslog_message(line, site.host));
        rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    }
    return all;
}

Result<Outcome> by_syslog(const AlertChannel& channel, const Site& site, const std::string& lines) {
    const auto until = site.clock.monotonic() + syslog_may_take;
    const bool tls = channel.security == AlertChannel::Security::tls;
    auto stream = TRY(Stream::connect({channel.host, channel.port, tls, path_of(site, channel.ca_file)}, until));
    TRY(stream.send(view(lines), until));
    TRY(stream.finish(until));
    return Outcome{true, ""};
}

}  // namespace

Status ready(const AlertChannel& channel, const Site& site) {
    TRY(secret_in(site, channel.secret_file));
    TRY(url_of(channel, site));
    if (!channel.ca_file.empty()) TRY(read_file(path_of(site, channel.ca_file)));
    return ok();
}

Outcome deliver(const AlertChannel& channel, const Site& site, const control::Deliver& what) {
    const auto told = [](const Result<Outcome>& outcome) { return outcome ? *outcome : failed(outcome.error().detail); };
    const bool syslog = channel.kind == AlertChannel::Kind::syslog;
    if (what.kind == "audit" && syslog) return told(by_syslog(channel, site, records_of(what.body, site)));
    if (what.kind != "alert") return failed("this channel takes no " + printable(what.kind, 32));
    const auto event = parse_event(what.body);
    // It will not get better by waiting, and would keep what comes behind it.
    if (!event) return {true, "given up, " + event.error().detail};
    if (syslog) return told(by_syslog(channel, site, framed(syslog_message(*event, delivery_name(what), site.host))));
    return told(channel.kind == AlertChannel::Kind::webhook ? by_webhook(channel, site, what, *event) : by_mail(channel, site, what, *event));
}

}  // namespace anteroom::courier
