// A desktop's recording as a film: pictures at their true times, read back by the libraries that made them.
#include <gtest/gtest.h>

extern "C" {
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
}
#include <unistd.h>

#include <thread>

#include "recorder/film/movie.h"
#include "recorder/film/pointer.h"
#include "tests/unit/recorder/fixture.h"
#include "tests/unit/recorder/screen_fixture.h"

namespace anteroom::film {
namespace {

using namespace recorder;
using namespace recorder::testing;

Event pointer_event(PointerKind kind, View bytes) {
    return {.at = {}, .track = Track::pointer, .kind = static_cast<std::uint8_t>(kind), .channel = 0, .bytes = bytes};
}

TEST(Pointer, IsDrawnWhereItIsAndClippedAtTheEdges) {
    Pointer pointer;
    Bytes canvas(std::size_t{20} * 10 * 4, 9);
    const Bytes before = canvas;
    const auto draw = [&] { pointer.draw(canvas.data(), 20, 10, 80); };
    draw();
    EXPECT_EQ(canvas, before) << "nobody knows where";
    PointerShape shape{.width = 2, .height = 1, .hot_x = 1, .hot_y = 0, .pixels = {10, 20, 30, 255, 200, 0, 0, 0}};
    pointer.event(pointer_event(PointerKind::shape, wire::encode(shape)));
    pointer.event(pointer_event(PointerKind::position, wire::encode(PointerPosition{.x = 5, .y = 2})));
    draw();
    EXPECT_EQ(Bytes(canvas.begin() + 2 * 80 + 16, canvas.begin() + 2 * 80 + 24), (Bytes{10, 20, 30, 9, 9, 9, 9, 9}));
    // Dishonest shapes are passed over; places beside the picture draw nothing.
    shape.width = 60000;
    pointer.event(pointer_event(PointerKind::shape, wire::encode(shape)));
    pointer.event(pointer_event(PointerKind::position, view("?")));
    for (const std::uint16_t x : {std::uint16_t{0}, std::uint16_t{19}, std::uint16_t{65535}}) {
        pointer.event(pointer_event(PointerKind::position, wire::encode(PointerPosition{.x = x, .y = x})));
        draw();
        pointer.event(pointer_event(PointerKind::standard, {}));
        draw();
    }
    pointer.event(pointer_event(PointerKind::hidden, {}));
    const Bytes seen = canvas;
    draw();
    EXPECT_EQ(canvas, seen);
}

// What a player would see: read back by libav itself.
struct Seen {
    int width = 0, height = 0;
    std::vector<std::int64_t> ms;
    std::vector<std::array<int, 3>> middle;  // Y, U, V in the middle of each picture
    std::vector<std::string> chapters;
    std::int64_t length_ms = 0;
};
Seen read_back(int file) {
    Seen seen;
    const std::string path = "/proc/self/fd/" + std::to_string(file);
    AVFormatContext* format = nullptr;
    if (avformat_open_input(&format, path.c_str(), nullptr, nullptr) != 0) return seen;
    avformat_find_stream_info(format, nullptr);
    const int index = av_find_best_stream(format, AVMEDIA_TYPE_VIDEO, -1, -1, nullptr, 0);
    const AVStream* stream = format->streams[index];
    seen.width = stream->codecpar->width;
    seen.height = stream->codecpar->height;
    seen.length_ms = format->duration / 1000;
    for (unsigned i = 0; i < format->nb_chapters; ++i) {
        const auto* title = av_dict_get(format->chapters[i]->metadata, "title", nullptr, 0);
        seen.chapters.push_back(std::to_string(av_rescale_q(format->chapters[i]->start, format->chapters[i]->time_base, {1, 1000})) + " " +
                                (title ? title->value : "?"));
    }
    AVCodecContext* codec = avcodec_alloc_context3(avcodec_find_decoder(stream->codecpar->codec_id));
    avcodec_parameters_to_context(codec, stream->codecpar);
    avcodec_open2(codec, nullptr, nullptr);
    AVPacket* packet = av_packet_alloc();
    AVFrame* frame = av_frame_alloc();
    bool more = true;
    while (more) {
        more = av_read_frame(format, packet) == 0;
        if (more && packet->stream_index != index) {
            av_packet_unref(packet);
            continue;
        }
        avcodec_send_packet(codec, more ? packet : nullptr);
        av_packet_unref(packet);
        while (avcodec_receive_frame(codec, frame) == 0) {
            seen.ms.push_back(av_rescale_q(frame->pts, stream->time_base, {1, 1000}));
            const int y = seen.height / 2, x = seen.width / 2;
            seen.middle.push_back({frame->data[0][y * frame->linesize[0] + x], frame->data[1][y / 2 * frame->linesize[1] + x / 2],
                                   frame->data[2][y / 2 * frame->linesize[2] + x / 2]});
        }
    }
    av_frame_free(&frame);
    av_packet_free(&packet);
    avcodec_free_context(&codec);
    avformat_close_input(&format);
    return seen;
}

struct Film : Session {
    Picture picture;
    ScreenEncoder encoder{[this](Track track, std::uint8_t kind, View bytes, Monotonic then) { return writer.append(track, kind, 0, bytes, then); }};
    void show(std::uint16_t width, std::uint16_t height, std::uint32_t colour) {
        if (width != picture.width || height != picture.height) {
            picture.resize(width, height);
            encoder.resize(width, height);
        }
        const Area all{.x = 0, .y = 0, .width = width, .height = height};
        picture.fill(all, colour);
        encoder.damage(all);
        must(encoder.tick(picture.view(), at(now)));
    }
    Reader reader() { return must(Reader::open(must(file.duplicate()), created.data_key.expose(), keys.broker_public)); }
};

TEST(Movie, ShowsEachPictureAtItsTimeInTheLargestSize) {
    Film f;
    f.pass(500'000);
    f.show(160, 120, 0xff0000);  // red
    f.pass(2'000'000);
    f.show(161, 121, 0x00ff00);  // green, and odd
    must(f.writer.append(Track::marker, MarkerKind::warning, 0, view("one minute left"), at(f.now)));
    f.pass(60'000'000);
    f.show(100, 140, 0x0000ff);  // blue
    f.pass(1'000'000);
    must(f.writer.append(Track::pointer, PointerKind::position, 0, wire::encode(PointerPosition{.x = 3, .y = 3}), at(f.now)));
    f.pass(3'000'000);
    must(f.writer.append(Track::marker, MarkerKind::note, 0, view("end"), at(f.now)));
    f.finish();
    const Fd out = memory_file({}, false);
    std::vector<int> percents;
    auto reader = f.reader();
    const auto made = write_movie(reader, out.get(),
                                  {"ruth's copy",
                                   [&](int percent) {
                                       percents.push_back(percent);
                                       return ok();
                                   },
                                   false});
    ASSERT_TRUE(made) << made.error().detail;
    const auto seen = read_back(out.get());
    EXPECT_EQ(seen.width, 162);
    EXPECT_EQ(seen.height, 140);
    EXPECT_EQ(seen.ms, (std::vector<std::int64_t>{0, 500, 2500, 62500, 63500})) << "and the last one stands until the end";
    EXPECT_NEAR(static_cast<double>(seen.length_ms), 66500, 100);
    ASSERT_EQ(seen.middle.size(), 5u);
    const std::array<std::array<int, 3>, 5> wanted{{{16, 128, 128}, {82, 90, 240}, {145, 54, 34}, {41, 240, 110}, {41, 240, 110}}};
    for (std::size_t i = 0; i < wanted.size(); ++i)
        for (std::size_t c = 0; c < 3; ++c) EXPECT_NEAR(seen.middle[i][c], wanted[i][c], 6) << i << " " << c;
    EXPECT_EQ(seen.chapters, (std::vector<std::string>{"0 start", "2500 warning: one minute left", "66500 note: end"}));
    EXPECT_TRUE(std::is_sorted(percents.begin(), percents.end()));
}

TEST(Movie, OfARecordingWithoutPicturesIsRefusedAndAFullDiskIsTold) {
    Film nothing;
    must(nothing.writer.append(Track::keyboard_mouse, InputKind::counts, 0, wire::encode(InputCounts{}), at(0)));
    nothing.finish();
    const auto quiet = [](int) { return ok(); };
    const Fd out = memory_file({}, false);
    auto empty = nothing.reader();
    const auto refused = write_movie(empty, out.get(), {"", quiet, false});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().kind, ErrorKind::not_found);
    Film f;
    f.show(64, 64, 1);
    f.finish();
    const Fd full = must(open_file("/dev/full", O_WRONLY));
    auto reader = f.reader();
    EXPECT_FALSE(write_movie(reader, full.get(), {"", quiet, false}));
}

// Into a pipe, as a browser takes it: the same film, though nobody could go back to write its table of contents.
TEST(Movie, IsStreamedIntoWhatCannotBeSoughtIn) {
    Film f;
    f.show(160, 120, 0xff0000);
    f.pass(2'000'000);
    must(f.writer.append(Track::marker, MarkerKind::warning, 0, view("one minute left"), at(f.now)));
    f.pass(10'000'000);
    f.show(160, 120, 0x0000ff);
    f.pass(3'000'000);
    must(f.writer.append(Track::marker, MarkerKind::note, 0, view("end"), at(f.now)));
    f.finish();
    int ends[2] = {-1, -1};
    ASSERT_EQ(::pipe(ends), 0);
    const Fd out = memory_file({}, false);
    std::thread copying([&, from = Fd(ends[0])] {
        std::array<std::uint8_t, 4096> some{};
        for (ssize_t size = 0; (size = ::read(from.get(), some.data(), some.size())) > 0;)
            must(write_all(out.get(), View(some).first(static_cast<std::size_t>(size))));
    });
    auto reader = f.reader();
    Fd into(ends[1]);
    const auto made = write_movie(reader, into.get(), {"ruth's copy", [](int) { return ok(); }, true});
    into = Fd();
    copying.join();
    ASSERT_TRUE(made) << made.error().detail;
    const auto seen = read_back(out.get());
    EXPECT_EQ(seen.ms, (std::vector<std::int64_t>{0, 12000, 15000}));
    EXPECT_EQ(seen.chapters, (std::vector<std::string>{"0 start", "2000 warning: one minute left", "15000 note: end"}));
}

}  // namespace
}  // namespace anteroom::film
