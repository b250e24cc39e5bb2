// SQL of broker/store/settings.h.
#include "broker/store/settings.h"

namespace anteroom::store {

Result<std::optional<std::string>> Settings::get(std::string_view name) {
    auto row = TRY(database_.select_one({"content"}, "FROM settings WHERE name = ?", {name}));
    if (!row) return std::optional<std::string>();
    auto content = row->text();
    TRY(row->finished());
    return std::optional<std::string>(std::move(content));
}

Status Settings::set(std::string_view name, std::string_view content) {
    TRY(database_.insert("settings", {{"name", name}, {"content", content}}, "ON CONFLICT (name) DO UPDATE SET content = excluded.content"));
    return ok();
}

}  // namespace anteroom::store
