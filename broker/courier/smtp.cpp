// libcurl speaks SMTP; what the server answers to each recipient is read along.
#include "broker/courier/smtp.h"

#include <algorithm>

#include "broker/courier/curl_handles.h"

namespace anteroom::courier {

namespace {

using Security = installation::AlertChannel::Security;
constexpr std::size_t most_refusals = 8, longest_line = 200;

struct Source {
    const std::string& text;
    std::size_t at = 0;
};

std::size_t give(char* to, std::size_t size, std::size_t items, void* user) {
    auto& source = *static_cast<Source*>(user);
    const auto some = std::min(size * items, source.text.size() - source.at);
    std::copy_n(source.text.data() + source.at, some, to);
    source.at += some;
    return some;
}

// The server's refusals, "550 5.1.1 no such user", as they come.
std::size_t note_refusal(char* line, std::size_t size, std::size_t items, void* user) {
    auto& refusals = *static_cast<std::vector<std::string>*>(user);
    const std::string_view text(line, size * items);
    if ((text.starts_with('4') || text.starts_with('5')) && refusals.size() < most_refusals)
        refusals.push_back(printable(text.substr(0, text.find_last_not_of("\r\n") + 1), longest_line));
    return size * items;
}

std::string joined(const std::vector<std::string>& list) {
    std::string out;
    for (const auto& one : list) out += (out.empty() ? "" : "; ") + one;
    return out;
}

// None of the addresses is one of anteroom.yaml's.
bool only_people(const Envelope& envelope) {
    const auto& fixed = envelope.channel.to;
    return std::none_of(envelope.to.begin(), envelope.to.end(),
                        [&](const auto& address) { return std::find(fixed.begin(), fixed.end(), address) != fixed.end(); });
}

}  // namespace

Outcome send_mail(const Envelope& envelope, const std::string& letter) {
    const auto& channel = envelope.channel;
    const Easy curl(curl_easy_init());
    if (!curl) return failed("libcurl cannot be set up");
    const bool tls = channel.security == Security::tls;
    const auto host = channel.host.find(':') == std::string::npos ? channel.host : "[" + channel.host + "]";
    set_common(curl.get(), (tls ? "smtps://" : "smtp://") + host + ":" + std::to_string(channel.port), tls ? "smtps" : "smtp", envelope.ca_file,
               envelope.may_take / 3, envelope.may_take);
    curl_easy_setopt(curl.get(), CURLOPT_USE_SSL, static_cast<long>(channel.security == Security::none ? CURLUSESSL_NONE : CURLUSESSL_ALL));
    if (!channel.user.empty()) {
        const std::string password(envelope.password.expose_text());
        curl_easy_setopt(curl.get(), CURLOPT_USERNAME, channel.user.c_str());
        curl_easy_setopt(curl.get(), CURLOPT_PASSWORD, password.c_str());
    }
    List recipients;
    for (const auto& address : envelope.to) recipients.add("<" + address + ">");
    char detail[CURL_ERROR_SIZE] = "";
    Source source{letter};
    std::vector<std::string> refusals;
    curl_easy_setopt(curl.get(), CURLOPT_ERRORBUFFER, detail);
    curl_easy_setopt(curl.get(), CURLOPT_MAIL_FROM, ("<" + channel.from + ">").c_str());
    curl_easy_setopt(curl.get(), CURLOPT_MAIL_RCPT, recipients.get());
    curl_easy_setopt(curl.get(), CURLOPT_MAIL_RCPT_ALLLOWFAILS, 1L);  // (libcurl's spelling) one bad address does not stop the others
    curl_easy_setopt(curl.get(), CURLOPT_UPLOAD, 1L);
    curl_easy_setopt(curl.get(), CURLOPT_READFUNCTION, give);
    curl_easy_setopt(curl.get(), CURLOPT_READDATA, &source);
    curl_easy_setopt(curl.get(), CURLOPT_HEADERFUNCTION, note_refusal);
    curl_easy_setopt(curl.get(), CURLOPT_HEADERDATA, &refusals);
    const CURLcode code = curl_easy_perform(curl.get());
    if (code == CURLE_OK) return {true, refusals.empty() ? "" : "not to everybody: " + joined(refusals)};
    const bool by_all = code == CURLE_SEND_ERROR && refusals.size() == std::min(envelope.to.size(), most_refusals) &&
                        std::all_of(refusals.begin(), refusals.end(), [](const auto& line) { return line.starts_with('5'); });
    if (by_all && only_people(envelope)) return {true, "given up, every address is refused: " + joined(refusals)};
    const std::string why = *detail != '\0' ? detail : curl_easy_strerror(code);
    return failed(refusals.empty() ? why : why + " (" + joined(refusals) + ")");
}

}  // namespace anteroom::courier
