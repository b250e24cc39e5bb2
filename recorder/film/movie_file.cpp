// The stream's clock is milliseconds, so that a picture stands as long as it stood. Bytes go through a descriptor that is given.
#include "recorder/film/movie_file.h"

extern "C" {
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/opt.h>
#include <libswscale/swscale.h>
}
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "base/fd.h"

namespace anteroom::film {

namespace {

constexpr int buffer_bytes = 256 * 1024;
constexpr std::int64_t key_every_ms = 10'000;
constexpr AVRational milliseconds{1, 1000};

tl::unexpected<Error> failed(const char* what, int code) {
    std::array<char, AV_ERROR_MAX_STRING_SIZE> text{};
    av_strerror(code, text.data(), text.size());
    return fail(code == AVERROR(ENOSPC) || code == AVERROR(EIO) ? ErrorKind::io : ErrorKind::internal, std::string(what) + ": " + text.data());
}

#if LIBAVFORMAT_VERSION_MAJOR >= 61
using Written = const std::uint8_t*;
#else
using Written = std::uint8_t*;
#endif
int write_some(void* opaque, Written bytes, int size) {
    const auto status = write_all(*static_cast<int*>(opaque), View(bytes, static_cast<std::size_t>(size)));
    return status ? size : AVERROR(EIO);
}
std::int64_t seek_to(void* opaque, std::int64_t offset, int whence) {
    if (whence == AVSEEK_SIZE) return AVERROR(ENOSYS);
    const off_t at = ::lseek(*static_cast<int*>(opaque), offset, whence & ~AVSEEK_FORCE);
    return at < 0 ? AVERROR(errno) : at;
}

}  // namespace

struct MovieFile::State {
    int file = -1;
    AVIOContext* io = nullptr;
    AVFormatContext* format = nullptr;
    AVCodecContext* codec = nullptr;
    AVFrame* frame = nullptr;
    AVPacket* packet = nullptr;
    SwsContext* scaler = nullptr;
    AVStream* stream = nullptr;
    std::int64_t last_ms = -1, key_ms = 0;
    bool streamed = false;

    State() = default;
    State(const State&) = delete;
    State& operator=(const State&) = delete;
    ~State() {
        sws_freeContext(scaler);
        av_packet_free(&packet);
        av_frame_free(&frame);
        avcodec_free_context(&codec);
        avformat_free_context(format);
        if (io != nullptr) av_freep(&io->buffer);
        avio_context_free(&io);
    }
    Status open_io();
    Status open_codec(const MovieShape& shape);
    Status open_frame();
    Status begin(const MovieShape& shape);
    void add_chapters(const MovieShape& shape);
    Status encode(const AVFrame* picture);
};

Status MovieFile::State::open_io() {
    auto* buffer = static_cast<unsigned char*>(av_malloc(buffer_bytes));
    if (buffer == nullptr) throw std::bad_alloc();
    io = avio_alloc_context(buffer, buffer_bytes, 1, &file, nullptr, write_some, streamed ? nullptr : seek_to);
    if (io == nullptr) throw std::bad_alloc();
    const int made = avformat_alloc_output_context2(&format, nullptr, "mp4", nullptr);
    if (made < 0) return failed("libavformat has no MP4", made);
    format->pb = io;
    format->flags |= AVFMT_FLAG_CUSTOM_IO;
    return ok();
}

Status MovieFile::State::open_codec(const MovieShape& shape) {
    const AVCodec* encoder = avcodec_find_encoder_by_name("libx264");
    const bool h264 = encoder != nullptr;
    if (!h264) encoder = avcodec_find_encoder(AV_CODEC_ID_MPEG4);
    if (encoder == nullptr) return fail(ErrorKind::not_found, "this libavcodec encodes neither H.264 nor MPEG-4");
    codec = avcodec_alloc_context3(encoder);
    stream = avformat_new_stream(format, nullptr);
    if (codec == nullptr || stream == nullptr) throw std::bad_alloc();
    codec->width = static_cast<int>(shape.width);
    codec->height = static_cast<int>(shape.height);
    codec->pix_fmt = AV_PIX_FMT_YUV420P;
    codec->time_base = milliseconds;
    codec->framerate = {25, 1};
    codec->gop_size = 250;
    codec->max_b_frames = 0;
    codec->colorspace = AVCOL_SPC_SMPTE170M;
    codec->color_range = AVCOL_RANGE_MPEG;
    codec->thread_count = streamed ? 1 : 0;
    if ((format->oformat->flags & AVFMT_GLOBALHEADER) != 0) codec->flags |= AV_CODEC_FLAG_GLOBAL_HEADER;
    AVDictionary* options = nullptr;
    if (h264) {
        av_dict_set(&options, "preset", "veryfast", 0);
        av_dict_set(&options, "crf", "20", 0);
        av_dict_set(&options, "forced-idr", "1", 0);
    } else {
        codec->flags |= AV_CODEC_FLAG_QSCALE;
        codec->global_quality = 3 * FF_QP2LAMBDA;
    }
    const int opened = avcodec_open2(codec, encoder, &options);
    av_dict_free(&options);
    if (opened < 0) return failed("the encoder does not take this size", opened);
    stream->time_base = milliseconds;
    const int copied = avcodec_parameters_from_context(stream->codecpar, codec);
    return copied < 0 ? Status(failed("libavcodec", copied)) : ok();
}

Status MovieFile::State::open_frame() {
    frame = av_frame_alloc();
    packet = av_packet_alloc();
    scaler = sws_getContext(codec->width, codec->height, AV_PIX_FMT_BGR0, codec->width, codec->height, codec->pix_fmt, SWS_BILINEAR, nullptr, nullptr, nullptr);
    if (frame == nullptr || packet == nullptr || scaler == nullptr) throw std::bad_alloc();
    frame->format = codec->pix_fmt;
    frame->width = codec->width;
    frame->height = codec->height;
    const int made = av_frame_get_buffer(frame, 0);
    return made < 0 ? Status(failed("libavutil", made)) : ok();
}

void MovieFile::State::add_chapters(const MovieShape& shape) {
    if (shape.chapters.empty()) return;
    format->chapters = static_cast<AVChapter**>(av_calloc(shape.chapters.size(), sizeof(AVChapter*)));
    if (format->chapters == nullptr) throw std::bad_alloc();
    for (std::size_t i = 0; i < shape.chapters.size(); ++i) {
        auto* chapter = static_cast<AVChapter*>(av_mallocz(sizeof(AVChapter)));
        if (chapter == nullptr) throw std::bad_alloc();
        const Duration end = i + 1 < shape.chapters.size() ? shape.chapters[i + 1].at : shape.length;
        chapter->id = static_cast<std::int64_t>(i);
        chapter->time_base = milliseconds;
        chapter->start = shape.chapters[i].at.count() / 1000;
        chapter->end = std::max(chapter->start, static_cast<std::int64_t>(end.count() / 1000));
        av_dict_set(&chapter->metadata, "title", shape.chapters[i].title.c_str(), 0);
        format->chapters[format->nb_chapters++] = chapter;
    }
}

Status MovieFile::State::begin(const MovieShape& shape) {
    TRY(open_io());
    TRY(open_codec(shape));
    TRY(open_frame());
    add_chapters(shape);
    av_dict_set(&format->metadata, "title", shape.title.c_str(), 0);
    av_dict_set(&format->metadata, "creation_time", rfc3339(shape.made).c_str(), 0);
    AVDictionary* options = nullptr;
    if (streamed) av_dict_set(&options, "movflags", "empty_moov+frag_keyframe+default_base_moof", 0);
    const int begun = avformat_write_header(format, &options);
    av_dict_free(&options);
    return begun < 0 ? Status(failed("the file's beginning", begun)) : ok();
}

Status MovieFile::State::encode(const AVFrame* picture) {
    int code = avcodec_send_frame(codec, picture);
    if (code < 0) return failed("a picture", code);
    while (true) {
        code = avcodec_receive_packet(codec, packet);
        if (code == AVERROR(EAGAIN) || code == AVERROR_EOF) return ok();
        if (code < 0) return failed("a picture", code);
        av_packet_rescale_ts(packet, codec->time_base, stream->time_base);
        packet->stream_index = stream->index;
        code = av_interleaved_write_frame(format, packet);
        if (code < 0) return failed("the file", code);
    }
}

MovieFile::MovieFile(std::unique_ptr<State> state) : state_(std::move(state)) {}
MovieFile::~MovieFile() = default;
MovieFile::MovieFile(MovieFile&&) noexcept = default;

Result<MovieFile> MovieFile::open(int file, const MovieShape& shape, bool streamed) {
    av_log_set_level(AV_LOG_ERROR);
    auto state = std::make_unique<State>();
    state->file = file;
    state->streamed = streamed;
    TRY(state->begin(shape));
    return MovieFile(std::move(state));
}

Status MovieFile::add(const std::uint8_t* pixels, Duration at) {
    State& s = *state_;
    const int writable = av_frame_make_writable(s.frame);
    if (writable < 0) return failed("libavutil", writable);
    const int stride = 4 * s.codec->width;
    sws_scale(s.scaler, &pixels, &stride, 0, s.codec->height, s.frame->data, s.frame->linesize);
    const std::int64_t ms = std::max(s.last_ms + 1, static_cast<std::int64_t>(at.count() / 1000));
    const bool key = s.last_ms < 0 || ms - s.key_ms >= key_every_ms;
    if (key) s.key_ms = ms;
    s.last_ms = ms;
    s.frame->pts = ms;
    s.frame->pict_type = key ? AV_PICTURE_TYPE_I : AV_PICTURE_TYPE_NONE;
    return s.encode(s.frame);
}

Status MovieFile::finish(Duration end) {
    State& s = *state_;
    if (s.last_ms >= 0 && end.count() / 1000 > s.last_ms + 1) {  // the same picture again: the muxer knows no end but a next one
        s.frame->pts = end.count() / 1000;
        s.frame->pict_type = AV_PICTURE_TYPE_NONE;
        TRY(s.encode(s.frame));
    }
    TRY(s.encode(nullptr));
    const int code = av_write_trailer(s.format);
    if (code < 0) return failed("the file's end", code);
    avio_flush(s.io);
    return s.io->error < 0 ? Status(failed("the file", s.io->error)) : ok();
}

}  // namespace anteroom::film
