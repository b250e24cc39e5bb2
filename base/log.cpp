// spdlog behind our four verbs; one format, one sink: standard error.
#include "base/log.h"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include "base/bytes.h"

namespace anteroom::log {

namespace {

void write(spdlog::level::level_enum level, std::string_view event, Fields fields) {
    if (!spdlog::should_log(level)) return;
    std::string line(event);
    for (const auto& field : fields) {
        const std::string value = printable(field.value, 512);
        const bool quote = value.empty() || value.find_first_of(" \"=") != std::string::npos;
        line += ' ';
        line += field.key;
        line += '=';
        if (!quote) {
            line += value;
            continue;
        }
        line += '"';
        for (char c : value) {
            if (c == '"' || c == '\\') line += '\\';
            line += c;
        }
        line += '"';
    }
    spdlog::log(level, "{}", line);
}

}  // namespace

void open(std::string_view program) {
    auto logger = spdlog::stderr_logger_st(std::string(program));
    logger->set_pattern("%Y-%m-%dT%H:%M:%S.%fZ %l %n[%P] %v", spdlog::pattern_time_type::utc);
    logger->flush_on(spdlog::level::trace);
    spdlog::set_default_logger(std::move(logger));
}

void debug(std::string_view event, Fields fields) { write(spdlog::level::debug, event, fields); }
void info(std::string_view event, Fields fields) { write(spdlog::level::info, event, fields); }
void warn(std::string_view event, Fields fields) { write(spdlog::level::warn, event, fields); }
void error(std::string_view event, Fields fields) { write(spdlog::level::err, event, fields); }

}  // namespace anteroom::log
