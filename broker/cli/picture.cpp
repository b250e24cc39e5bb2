// libpng's simplified interface: no callbacks, no long jumps.
#include "broker/cli/picture.h"

#include <png.h>

#include <charconv>

namespace anteroom::cli {

namespace {

std::optional<double> number_of(std::string_view text) {
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc() && end == text.data() + text.size() && value >= 0 && value < 1e7 ? std::optional(value) : std::nullopt;
}

std::optional<double> seconds_of(std::string_view text) {  // fields between colons, the last may have a fraction
    double seconds = 0;
    for (int field = 0; field < 3; ++field) {
        const auto colon = text.find(':');
        const auto part = text.substr(0, colon);
        const auto value = number_of(part);
        if (!value || (colon != std::string_view::npos && part.find('.') != std::string_view::npos) || (field > 0 && *value >= 60)) return std::nullopt;
        seconds = seconds * 60 + *value;
        if (colon == std::string_view::npos) return seconds;
        text.remove_prefix(colon + 1);
    }
    return std::nullopt;
}

// "12m3s": lengths one behind the other, the larger units first.
std::optional<Duration> in_parts(std::string_view text) {
    std::string_view units = "dhms";
    if (text.empty()) return std::nullopt;
    Duration sum{};
    while (!text.empty()) {
        const auto end = text.find_first_not_of("0123456789");
        const auto unit = end == text.npos ? units.npos : units.find(text[end]);
        const auto part = parse_duration(text.substr(0, end == text.npos ? end : end + 1));
        if (unit == units.npos || !part) return std::nullopt;
        sum += *part;
        units.remove_prefix(unit + 1);
        text.remove_prefix(end + 1);
    }
    return sum;
}

}  // namespace

Result<Bytes> png_of(const recorder::PixelView& picture) {
    Bytes rows(std::size_t{picture.width} * picture.height * 3);
    std::uint8_t* out = rows.data();
    for (std::uint32_t y = 0; y < picture.height; ++y) {
        const std::uint8_t* pixel = picture.pixels + std::size_t{y} * picture.stride;
        for (std::uint32_t x = 0; x < picture.width; ++x, pixel += 4, out += 3) std::copy_n(pixel, 3, out);
    }
    png_image image{};
    image.version = PNG_IMAGE_VERSION;
    image.width = picture.width;
    image.height = picture.height;
    image.format = PNG_FORMAT_BGR;
    Bytes file;
    png_alloc_size_t size = PNG_IMAGE_PNG_SIZE_MAX(image);
    file.resize(size);
    if (png_image_write_to_memory(&image, file.data(), &size, 0, rows.data(), 0, nullptr) == 0)
        return fail(ErrorKind::internal, std::string("libpng: ") + image.message);
    file.resize(size);
    return file;
}

Result<Duration> moment_of(const std::string& text, const char* option) {
    if (const auto seconds = seconds_of(text)) return Duration(static_cast<std::int64_t>(*seconds * 1e6 + 0.5));
    if (const auto duration = in_parts(text)) return *duration;
    return fail(ErrorKind::invalid, std::string(option) + " takes a moment like 00:12:03, a number of seconds, or a length of time like 5m");
}

}  // namespace anteroom::cli
