// Files, their types, and the page every other path leads to.
#include "web/assets.h"

#include <algorithm>
#include <filesystem>

#include "base/crypto.h"
#include "base/fd.h"

namespace anteroom::web {

namespace {

constexpr std::size_t most_files = 2000, most_bytes = 16u << 20;
constexpr std::string_view placeholder = "__CSP_NONCE__", assets_folder = "/assets/";
constexpr std::string_view missing_page =
    "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Anteroom</title><p>The console's pages are not installed beside this program "
    "(share/console). Please tell whoever looks after this installation.</p></html>";

constexpr std::string_view page_type = "text/html; charset=utf-8";

constexpr std::pair<std::string_view, std::string_view> types[] = {
    {".html", page_type},
    {".js", "text/javascript; charset=utf-8"},
    {".css", "text/css; charset=utf-8"},
    {".json", "application/json"},
    {".webmanifest", "application/manifest+json"},
    {".svg", "image/svg+xml"},
    {".png", "image/png"},
    {".ico", "image/vnd.microsoft.icon"},
    {".woff2", "font/woff2"},
    {".txt", "text/plain; charset=utf-8"},
    {".wasm", "application/wasm"},
};

std::string_view type_of(std::string_view path) {
    for (const auto& [ending, type] : types)
        if (path.ends_with(ending)) return type;
    return "application/octet-stream";
}

std::string_view trimmed(std::string_view text) {
    while (text.starts_with(' ') || text.starts_with('\t')) text.remove_prefix(1);
    while (text.ends_with(' ') || text.ends_with('\t')) text.remove_suffix(1);
    return text;
}

bool is_zero_weight(std::string_view parameter) {
    parameter = trimmed(parameter);
    return (parameter.starts_with("q=0") || parameter.starts_with("Q=0")) && parameter.substr(3).find_first_not_of(".0") == std::string_view::npos;
}

Answer page_of(const std::string& page, const std::string& nonce) { return {200, std::string(page_type), {}, with_nonce(page, nonce), false, nonce, false}; }

}  // namespace

bool accepts(std::string_view list, std::string_view coding) {
    while (!list.empty()) {
        const auto comma = list.find(',');
        const auto item = list.substr(0, comma);
        list.remove_prefix(comma == std::string_view::npos ? list.size() : comma + 1);
        const auto semicolon = item.find(';');
        if (trimmed(item.substr(0, semicolon)) != coding) continue;
        return semicolon == std::string_view::npos || !is_zero_weight(item.substr(semicolon + 1));
    }
    return false;
}

std::string with_nonce(std::string page, std::string_view nonce) {
    for (auto at = page.find(placeholder); at != std::string::npos; at = page.find(placeholder, at + nonce.size())) page.replace(at, placeholder.size(), nonce);
    return page;
}

bool is_hashed_name(std::string_view path) {
    if (!path.starts_with(assets_folder)) return false;
    const auto name = path.substr(path.rfind('/') + 1);
    const auto dash = name.find_first_of("-."), dot = name.rfind('.');
    return dash != std::string_view::npos && dot != std::string_view::npos && dot > dash + 6;
}

Result<Assets> Assets::load(const std::string& folder) {
    namespace fs = std::filesystem;
    Assets assets;
    std::size_t count = 0, bytes = 0;
    std::error_code error;
    for (fs::recursive_directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
        if (!at->is_regular_file(error) || at->is_symlink(error)) continue;
        const auto content = TRY(read_file(at->path().string(), most_bytes));
        bytes += content.size();
        if (++count > most_files || bytes > most_bytes) return fail(ErrorKind::invalid, folder + ": more than the console's pages are");
        assets.add("/" + fs::relative(at->path(), folder, error).generic_string(), to_string(content));
    }
    // A compressed form without the file itself is nothing.
    std::erase_if(assets.files_, [](const auto& one) { return one.second.type.empty(); });
    const auto page = assets.files_.find("/index.html");
    assets.has_page_ = page != assets.files_.end();
    assets.page_ = assets.has_page_ ? page->second.plain : std::string(missing_page);
    if (assets.has_page_) assets.files_.erase(page);
    return assets;
}

void Assets::add(const std::string& path, std::string content) {
    if (path.ends_with(".br")) files_[path.substr(0, path.size() - 3)].br = std::move(content);
    else if (path.ends_with(".gz")) files_[path.substr(0, path.size() - 3)].gz = std::move(content);
    else if (!path.ends_with(".map")) {  // sources are for the developer's machine
        auto& file = files_[path];
        file.type = std::string(type_of(path));
        file.tag = "\"" + hex(crypto::sha256(view(content))).substr(0, 20) + "\"";
        file.hashed = is_hashed_name(path);
        file.plain = std::move(content);
    }
}

Answer Assets::answer(const std::string& path, const std::string* accept, const std::string* known, const std::string& nonce) const {
    const auto found = files_.find(path);
    if (found == files_.end()) return path.starts_with(assets_folder) ? problem({404, "There is no such file.", 0}) : page_of(page_, nonce);
    const auto& file = found->second;
    if (file.type == page_type) return page_of(file.plain, nonce);
    Answer answer;
    answer.fetches = true;
    answer.cached = file.hashed;
    answer.fields.emplace_back("Vary", "Accept-Encoding");
    answer.fields.emplace_back("ETag", file.tag);
    if (known && *known == file.tag) {
        answer.status = 304;
        return answer;
    }
    answer.type = file.type;
    const bool br = accept && !file.br.empty() && accepts(*accept, "br"), gz = !br && accept && !file.gz.empty() && accepts(*accept, "gzip");
    if (br || gz) answer.fields.emplace_back("Content-Encoding", br ? "br" : "gzip");
    answer.body = br ? file.br : gz ? file.gz : file.plain;
    return answer;
}

}  // namespace anteroom::web
