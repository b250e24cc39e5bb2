// Small facts an installation keeps about itself. No secrets.
#pragma once

#include "broker/store/database.h"

namespace anteroom::store {

class Settings {
public:
    explicit Settings(Database& database) : database_(database) {}

    Result<std::optional<std::string>> get(std::string_view name);
    Status set(std::string_view name, std::string_view content);

private:
    Database& database_;
};

}  // namespace anteroom::store
