// FreeType behind one small door. Only the fonts of this system are ever given to it, never a font that came over the network.
#include "proxies/rdp/lobby/glyphs.h"

#include <fcntl.h>
#include <ft2build.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include FT_FREETYPE_H

#include <algorithm>

#include "base/fd.h"
#include "proxies/rdp/lobby/utf8.h"

namespace anteroom::rdp {
namespace {

constexpr const char* regular_path = "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf";
constexpr const char* bold_path = "/usr/share/fonts/truetype/dejavu/DejaVuSans-Bold.ttf";
constexpr std::size_t most_held = 768U << 10U;  // a full lobby at 3840x2160 needs about a third of it
constexpr int smallest = 6, largest = 160;

Glyph box_of(int pixels) {
    Glyph out;
    out.width = std::max(3, pixels / 2);
    out.height = std::max(4, pixels * 7 / 10);
    out.left = 1;
    out.top = out.height;
    out.advance = out.width + 2;
    out.coverage.assign(static_cast<std::size_t>(out.width) * static_cast<std::size_t>(out.height), 0);
    const int line = std::max(1, pixels / 16);
    for (int y = 0; y < out.height; ++y)
        for (int x = 0; x < out.width; ++x)
            if (x < line || y < line || x >= out.width - line || y >= out.height - line)
                out.coverage[static_cast<std::size_t>(y) * static_cast<std::size_t>(out.width) + static_cast<std::size_t>(x)] = 255;
    return out;
}

}  // namespace

struct Fonts::Faces::Library {
    FT_Library handle = nullptr;
    Library() = default;
    ~Library() {
        if (handle != nullptr) FT_Done_FreeType(handle);
    }
    Library(const Library&) = delete;
    Library& operator=(const Library&) = delete;
};

struct Fonts::Faces::Face {
    void* memory = MAP_FAILED;
    std::size_t size = 0;
    FT_Face handle = nullptr;
    int pixels = 0;  // as it is set now
    Face() = default;
    ~Face() {
        if (handle != nullptr) FT_Done_Face(handle);
        if (memory != MAP_FAILED) ::munmap(memory, size);
    }
    Face(const Face&) = delete;
    Face& operator=(const Face&) = delete;
};

Fonts::Faces::Faces() : library_(std::make_unique<Library>()) {}

Fonts::Faces::~Faces() {
    for (auto& face : faces_) face.reset();  // before their library
}

Status Fonts::Faces::open(std::size_t weight, const char* path) {
    if (library_->handle == nullptr && FT_Init_FreeType(&library_->handle) != 0) return fail(ErrorKind::internal, "FreeType does not start");
    const Fd file(::open(path, O_RDONLY | O_CLOEXEC));
    if (!file) return fail_errno(path);
    struct stat about{};
    if (::fstat(file.get(), &about) != 0) return fail_errno(path);
    auto face = std::make_unique<Face>();
    face->size = static_cast<std::size_t>(about.st_size);
    // A package's upgrade renames a new file into place; the old one stays whole as long as it is mapped.
    face->memory = ::mmap(nullptr, face->size, PROT_READ, MAP_PRIVATE, file.get(), 0);
    if (face->memory == MAP_FAILED) return fail_errno(path);
    const auto* bytes = static_cast<const FT_Byte*>(face->memory);
    if (FT_New_Memory_Face(library_->handle, bytes, static_cast<FT_Long>(face->size), 0, &face->handle) != 0)
        return fail(ErrorKind::damaged, std::string(path) + " is no font that FreeType reads");
    faces_.at(weight) = std::move(face);
    return ok();
}

Glyph Fonts::Faces::render(char32_t character, std::size_t weight, int pixels) {
    auto& face = *faces_.at(weight);
    if (face.pixels != pixels) {
        if (FT_Set_Pixel_Sizes(face.handle, 0, static_cast<FT_UInt>(pixels)) != 0) return box_of(pixels);
        face.pixels = pixels;
    }
    const auto index = drawable(character) ? FT_Get_Char_Index(face.handle, character) : 0;
    if (index == 0 || FT_Load_Glyph(face.handle, index, FT_LOAD_TARGET_LIGHT | FT_LOAD_RENDER) != 0) return box_of(pixels);
    const auto& slot = *face.handle->glyph;
    Glyph out;
    out.left = slot.bitmap_left;
    out.top = slot.bitmap_top;
    out.width = static_cast<int>(slot.bitmap.width);
    out.height = static_cast<int>(slot.bitmap.rows);
    out.advance = static_cast<int>((slot.advance.x + 32) >> 6);
    out.coverage.reserve(static_cast<std::size_t>(out.width) * static_cast<std::size_t>(out.height));
    for (int y = 0; y < out.height; ++y) {
        const auto* line = slot.bitmap.buffer + static_cast<std::ptrdiff_t>(y) * slot.bitmap.pitch;
        out.coverage.insert(out.coverage.end(), line, line + out.width);
    }
    return out;
}

const Glyph& Fonts::Faces::glyph(char32_t character, const Canvas::Style& style) {
    const int pixels = std::clamp(style.pixels, smallest, largest);
    const std::size_t weight = style.bold ? 1 : 0;
    const auto key = static_cast<std::uint64_t>(character) | static_cast<std::uint64_t>(pixels) << 32U | static_cast<std::uint64_t>(weight) << 48U;
    if (const auto known = glyphs_.find(key); known != glyphs_.end()) return known->second;
    auto made = render(character, weight, pixels);
    const auto size = made.coverage.size() + sizeof(Glyph) + 48;
    if (held_ + size > most_held) {
        glyphs_.clear();
        held_ = 0;
    }
    held_ += size;
    return glyphs_.emplace(key, std::move(made)).first->second;
}

Fonts::Fonts(std::unique_ptr<Faces> faces) : faces_(std::move(faces)) {}
Fonts::~Fonts() = default;
Fonts::Fonts(Fonts&&) noexcept = default;
Fonts& Fonts::operator=(Fonts&&) noexcept = default;

Result<Fonts> Fonts::load() {
    auto faces = std::make_unique<Faces>();
    if (auto opened = faces->open(0, regular_path); !opened) return fail(opened.error());
    if (auto opened = faces->open(1, bold_path); !opened) return fail(opened.error());
    return Fonts(std::move(faces));
}

}  // namespace anteroom::rdp
