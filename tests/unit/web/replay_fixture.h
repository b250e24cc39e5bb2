// A recording with its index, and a browser that asks for it: what it shows is a terminal of cells, or a picture.
#pragma once

#include <boost/json.hpp>
#include <gmock/gmock.h>
#include <zlib.h>

#include <bit>

#include "recorder/indexer/indexer.h"
#include "recorder/indexer/terminal.h"
#include "tests/unit/recorder/fixture.h"
#include "web/watching.h"

namespace anteroom::web::testing {

using namespace recorder::testing;

constexpr std::int64_t second = 1'000'000;

struct Recorded : Session {
    Fd index = memory_file();

    // As the indexer makes it, of what has been recorded so far.
    void make_index(bool whole = true) {
        index = memory_file();
        auto to =
            must(recorder::IndexWriter::create(must(index.duplicate()), created.data_key.expose(), recorder::hash_of(created.header), counted_entropy(7)));
        indexer::Indexer indexer([&](const recorder::Indexed& entry) { return to.add(entry); });
        auto reader = must(recorder::Reader::open(must(file.duplicate()), created.data_key.expose(), keys.broker_public, !whole));
        while (const auto piece = must(reader.next())) must(indexer.piece(*piece));
        must(whole ? indexer.finish(true) : indexer.flush());
        must(to.flush());
    }
    std::vector<recorder::Commit> roots;
    std::unique_ptr<Watching> open(const char* protocol, bool live, bool indexed, View damaged = {}) {
        control::WebRecording what{7, "0123456789abcdef", protocol, created.data_key.duplicate(), keys.broker_public, live, roots};
        auto of = damaged.empty() ? must(file.duplicate()) : memory_file(damaged);
        return must(Watching::open(std::move(what), std::move(of), indexed ? must(index.duplicate()) : Fd()));
    }
};

// Of the recording's bytes, with one bit of that piece's ciphertext turned.
inline Bytes with_damage(const Recorded& recorded, std::uint64_t piece) {
    auto reader = must(recorder::Reader::open(must(recorded.file.duplicate()), recorded.created.data_key.expose(), recorded.keys.broker_public));
    auto bytes = recorded.bytes();
    while (const auto one = must(reader.next()))
        if (one->index == piece) bytes[one->offset + recorder::piece_prefix_bytes + 3] ^= 0x10;
    return bytes;
}

struct Canvas {
    std::uint16_t width = 0, height = 0;
    std::vector<std::uint8_t> pixels;  // R G B A
    bool complete = false;
    double at = 0;

    void draw(std::string_view message) {
        ASSERT_GE(message.size(), 24u);
        const auto u16 = [&](std::size_t offset) {
            return static_cast<std::uint16_t>(static_cast<std::uint8_t>(message[offset]) | static_cast<std::uint8_t>(message[offset + 1]) << 8);
        };
        ASSERT_EQ(message[0], 1);
        const auto flags = static_cast<std::uint8_t>(message[1]);
        const std::uint16_t x = u16(2), y = u16(4), w = u16(6), h = u16(8), screen_width = u16(10), screen_height = u16(12);
        ASSERT_EQ(u16(14), 0);
        std::uint64_t bits = 0;
        for (std::size_t i = 8; i-- > 0;) bits = bits << 8 | static_cast<std::uint8_t>(message[16 + i]);
        at = std::bit_cast<double>(bits);
        if (screen_width != width || screen_height != height || (flags & 2) != 0) {
            width = screen_width;
            height = screen_height;
            pixels.assign(std::size_t{width} * height * 4, 0);
        }
        complete = (flags & 1) != 0;
        ASSERT_LE(x + w, width);
        ASSERT_LE(y + h, height);
        std::vector<std::uint8_t> band(std::size_t{w} * h * 4);
        ASSERT_LE(band.size(), std::max<std::size_t>(Bands::longest, std::size_t{w} * 4));
        uLongf size = band.size();
        ASSERT_EQ(::uncompress(band.data(), &size, reinterpret_cast<const Bytef*>(message.data()) + 24, message.size() - 24), Z_OK);
        ASSERT_EQ(size, band.size());
        for (std::uint32_t line = 0; line < h; ++line)
            std::copy_n(band.begin() + line * w * 4, w * 4, pixels.begin() + static_cast<std::ptrdiff_t>((std::size_t{y} + line) * width + x) * 4);
    }
};

struct Browser {
    std::unique_ptr<Watching> watching;
    std::unique_ptr<indexer::Terminal> terminal = fresh();
    std::string text;  // all that was shown since the last seek
    Canvas canvas;
    std::vector<boost::json::object> said;  // everything else
    std::int64_t upto = -1, latest = -1;
    std::size_t largest_turn = 0;
    std::uint64_t seeks = 0;
    Monotonic now = at(0);

    explicit Browser(std::unique_ptr<Watching> what) : watching(std::move(what)) {}
    static std::unique_ptr<indexer::Terminal> fresh() { return std::make_unique<indexer::Terminal>(indexer::Size{80, 24}, indexer::Terminal::Events{}); }

    Status turn() {
        std::size_t bytes = 0;
        for (const auto& message : TRY(watching->more(now))) {
            bytes += message.bytes.size();
            if (message.binary) canvas.draw(message.bytes);
            else take(boost::json::parse(message.bytes).as_object());
        }
        largest_turn = std::max(largest_turn, bytes);
        return ok();
    }
    void take(boost::json::object one) {
        const auto kind = std::string(one.at("kind").as_string());
        if (const auto* moment = one.if_contains("at")) latest = std::max(latest, moment->as_int64());
        if (kind == "show") {
            text += one.at("text").as_string();
            terminal->feed(std::string(one.at("text").as_string()));
        } else if (kind == "size") {
            terminal->resize({static_cast<std::uint16_t>(one.at("columns").as_int64()), static_cast<std::uint16_t>(one.at("rows").as_int64())});
        } else if (kind == "sought") {
            terminal = fresh();
            text.clear();
            canvas = {};
            upto = latest = -1;
            said.push_back(std::move(one));
        } else if (kind == "upto") {
            upto = one.at("at").as_int64();
        } else {
            said.push_back(std::move(one));
        }
    }
    // Turns until all is quiet.
    void settle() {
        for (int i = 0; i < 100'000; ++i) {
            must(turn());
            if (!watching->busy()) return;
        }
        FAIL() << "it never has enough";
    }
    void want(std::int64_t milliseconds) {
        watching->command(Want{std::chrono::milliseconds(milliseconds)});
        settle();
    }
    void seek(std::int64_t milliseconds) {
        watching->command(Seek{++seeks, std::chrono::milliseconds(milliseconds)});
        settle();
    }
    const boost::json::object* last(std::string_view kind) const {
        for (auto one = said.rbegin(); one != said.rend(); ++one)
            if (one->at("kind").as_string() == boost::json::string_view(kind.data(), kind.size())) return &*one;
        return nullptr;
    }
    std::string last(std::string_view kind, std::string_view member) const {
        const auto* one = last(kind);
        return one == nullptr ? "(nothing)" : std::string(one->at(boost::json::string_view(member.data(), member.size())).as_string());
    }
    // Every cell's text, the cursor, and all that a repaint says of colours and modes.
    std::string state() const {
        const auto cursor = terminal->cursor();
        return std::to_string(cursor.column) + "," + std::to_string(cursor.row) + (cursor.visible ? "" : " hidden") + "\n" + terminal->repaint();
    }
};

}  // namespace anteroom::web::testing
