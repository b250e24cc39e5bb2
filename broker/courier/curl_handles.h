// libcurl's objects, owned, with what every transfer has in common. libcurl's types do not leave this folder.
#pragma once

#include <curl/curl.h>

#include "base/c_handle.h"
#include "base/clock.h"

namespace anteroom::courier {

using Easy = CHandle<CURL, curl_easy_cleanup>;

class List {
public:
    List() = default;
    List(const List&) = delete;
    List& operator=(const List&) = delete;
    ~List() { curl_slist_free_all(list_); }
    void add(const std::string& text) {
        if (auto* longer = curl_slist_append(list_, text.c_str())) list_ = longer;
    }
    curl_slist* get() const { return list_; }

private:
    curl_slist* list_ = nullptr;
};

// No proxy, no redirect, no other protocol, no signal, TLS 1.2 or later verified against `ca_file` alone or the machine's authorities.
inline void set_common(CURL* curl, const std::string& url, const char* protocols, const std::string& ca_file, Duration connect, Duration whole) {
    const auto ms = [](Duration length) { return static_cast<long>(length / std::chrono::milliseconds(1)); };
    curl_easy_setopt(curl, CURLOPT_URL, url.c_str());
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, protocols);
    curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(curl, CURLOPT_PROXY, "");
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 1L);
    curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 2L);
    curl_easy_setopt(curl, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, ms(connect));
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, ms(whole));
    if (ca_file.empty()) return;
    curl_easy_setopt(curl, CURLOPT_CAINFO, ca_file.c_str());
    curl_easy_setopt(curl, CURLOPT_CAPATH, nullptr);
}

}  // namespace anteroom::courier
