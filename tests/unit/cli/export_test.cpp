// What leaves a desktop's recording: pictures that are exact, films whose times are true, and a queue before them.
#include <gtest/gtest.h>
#include <png.h>

extern "C" {
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
}
#include <unistd.h>

#include "broker/cli/export_slot.h"
#include "broker/cli/movie.h"
#include "broker/cli/picture.h"
#include "broker/cli/pointer.h"
#include "tests/unit/recorder/fixture.h"
#include "tests/unit/recorder/screen_fixture.h"

namespace anteroom::cli {
namespace {

using namespace recorder;
using namespace recorder::testing;

TEST(Picture, APngHoldsExactlyThesePixels) {
    std::mt19937 random(1);
    for (const auto& [width, height] : {std::pair{1, 1}, {17, 3}, {300, 200}}) {
        Picture picture;
        picture.resize(static_cast<std::uint16_t>(width), static_cast<std::uint16_t>(height), 12);
        picture.noise({.x = 0, .y = 0, .width = picture.width, .height = picture.height}, random);
        const auto file = png_of(picture.view());
        ASSERT_TRUE(file) << file.error().detail;
        png_image image{};
        image.version = PNG_IMAGE_VERSION;
        ASSERT_TRUE(png_image_begin_read_from_memory(&image, file->data(), file->size()));
        EXPECT_EQ(image.width, static_cast<unsigned>(width));
        image.format = PNG_FORMAT_BGRA;
        Bytes read(PNG_IMAGE_SIZE(image));
        ASSERT_TRUE(png_image_finish_read(&image, nullptr, read.data(), 0, nullptr));
        const PixelView view{.pixels = read.data(), .stride = image.width * 4, .width = picture.width, .height = picture.height};
        EXPECT_TRUE(same_pixels(view, picture.view()));
    }
}

TEST(Picture, MomentsAreTypedAsPeopleTypeThem) {
    const auto micros = [](const char* text) { return moment_of(text, "--frame-at").value_or(Duration(-1)).count(); };
    EXPECT_EQ(micros("00:12:03"), 723'000'000);
    EXPECT_EQ(micros("12:03.5"), 723'500'000);
    EXPECT_EQ(micros("30:00:00"), 108'000'000'000);
    EXPECT_EQ(micros("7"), 7'000'000);
    EXPECT_EQ(micros("5m"), 300'000'000);
    for (const char* wrong : {"", ":", "1:60", "1:2:3:4", "x", "-3", "1:-2", "1.5:00", "1:2x", "nan", "inf", "1e9"}) EXPECT_EQ(micros(wrong), -1) << wrong;
}

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

TEST(ExportSlot, SoManyRunAtOnceAndTheOthersWait) {
    char folder[] = "/tmp/slots-XXXXXX";
    ASSERT_NE(::mkdtemp(folder), nullptr);
    std::vector<Fd> held;
    const auto never = [] { FAIL() << "nothing to wait for"; };
    for (int i = 0; i < exports_at_once; ++i) held.push_back(must(take_export_slot(folder, never, [] { return Status(fail(ErrorKind::timeout, "")); })));
    int told = 0, pauses = 0;
    const auto late = take_export_slot(
        folder, [&] { ++told; },
        [&]() -> Status {
            if (++pauses == 3) held.pop_back();
            return pauses > 5 ? Status(fail(ErrorKind::timeout, "")) : ok();
        });
    EXPECT_TRUE(late);
    EXPECT_EQ(told, 1);
    EXPECT_EQ(pauses, 3);
    for (int i = 0; i < exports_at_once; ++i) ::unlink((std::string(folder) + "/export-" + std::to_string(i) + ".lock").c_str());
    ::rmdir(folder);
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
    const auto made = write_movie(reader, out.get(), {"ruth's copy", [&](int percent) {
                                                          percents.push_back(percent);
                                                          return ok();
                                                      }});
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
    const auto refused = write_movie(empty, out.get(), {"", quiet});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().kind, ErrorKind::not_found);
    Film f;
    f.show(64, 64, 1);
    f.finish();
    const Fd full = must(open_file("/dev/full", O_WRONLY));
    auto reader = f.reader();
    EXPECT_FALSE(write_movie(reader, full.get(), {"", quiet}));
}

}  // namespace
}  // namespace anteroom::cli
