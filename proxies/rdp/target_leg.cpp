// FreeRDP's client: settings, the connecting thread, the certificate's way to the broker and back.
#include "proxies/rdp/target_leg.h"

#include <fcntl.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstring>

#include "base/log.h"
#include "proxies/rdp/pointers.h"

namespace anteroom::rdp {

namespace {

// Far above what FreeRDP opens for itself: when it closes the socket and asks for "the same" once more, nothing answers to the number.
constexpr int socket_number = 100;
constexpr std::uint32_t slice_ms = 10;
constexpr std::uint32_t nla_selected = 2;    // PROTOCOL_HYBRID (MS-RDPBCGR 2.2.1.2.1)
constexpr std::uint32_t pointers_of_96 = 1;  // LARGE_POINTER_FLAG_96x96 (MS-RDPBCGR 2.2.7.2.7)
constexpr std::size_t most_early = 1u << 20;
constexpr const char* given_socket = "|";  // FreeRDP's name for a socket that is connected already; its number stands for the port

constexpr UINT32 refused_logons[] = {FREERDP_ERROR_AUTHENTICATION_FAILED,
                                     FREERDP_ERROR_CONNECT_LOGON_FAILURE,
                                     FREERDP_ERROR_CONNECT_WRONG_PASSWORD,
                                     FREERDP_ERROR_CONNECT_ACCESS_DENIED,
                                     FREERDP_ERROR_CONNECT_ACCOUNT_DISABLED,
                                     FREERDP_ERROR_CONNECT_ACCOUNT_EXPIRED,
                                     FREERDP_ERROR_CONNECT_ACCOUNT_LOCKED_OUT,
                                     FREERDP_ERROR_CONNECT_ACCOUNT_RESTRICTION,
                                     FREERDP_ERROR_CONNECT_PASSWORD_EXPIRED,
                                     FREERDP_ERROR_CONNECT_PASSWORD_MUST_CHANGE,
                                     FREERDP_ERROR_CONNECT_PASSWORD_CERTAINLY_EXPIRED,
                                     FREERDP_ERROR_CONNECT_LOGON_TYPE_NOT_GRANTED};

struct BioFree {
    void operator()(BIO* bio) const { BIO_free(bio); }
};
struct CertificateFree {
    void operator()(X509* certificate) const { X509_free(certificate); }
};

// The first certificate of the text, as DER.
Bytes der_of(const BYTE* pem, size_t length) {
    const std::unique_ptr<BIO, BioFree> text(BIO_new_mem_buf(pem, static_cast<int>(length)));
    const std::unique_ptr<X509, CertificateFree> certificate(text ? PEM_read_bio_X509(text.get(), nullptr, nullptr, nullptr) : nullptr);
    if (!certificate) return {};
    Bytes der(static_cast<std::size_t>(std::max(0, i2d_X509(certificate.get(), nullptr))));
    auto* out = der.data();
    (void)i2d_X509(certificate.get(), &out);
    return der;
}

}  // namespace

struct TargetLeg::Context {
    rdpContext base;
    TargetLeg* leg;
};

TargetLeg* TargetLeg::of(rdpContext* context) { return reinterpret_cast<Context*>(context)->leg; }

Result<std::unique_ptr<TargetLeg>> TargetLeg::make(Fd socket, Terms terms, Listener& listener) {
    auto leg = std::unique_ptr<TargetLeg>(new TargetLeg(std::move(terms), listener));
    TRY(leg->open(std::move(socket)));
    return leg;
}

TargetLeg::~TargetLeg() { close(); }

Status TargetLeg::open(Fd socket) {
    // The broker's dialler made it so; here nothing could change it (doors.cpp).
    if ((::fcntl(socket.get(), F_GETFL) & O_NONBLOCK) == 0) return fail(ErrorKind::internal, "a target socket that blocks");
    socket_ = ::fcntl(socket.get(), F_DUPFD_CLOEXEC, socket_number);
    if (socket_ < 0) return fail_errno("F_DUPFD_CLOEXEC");
    done_ = Fd(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (!done_) return fail_errno("eventfd");
    instance_.reset(freerdp_new());
    if (!instance_) return fail(ErrorKind::internal, "FreeRDP has no instance");
    instance_->ContextSize = sizeof(Context);
    if (!freerdp_context_new(instance_.get())) return fail(ErrorKind::internal, "FreeRDP has no context for a client");
    reinterpret_cast<Context*>(instance_->context)->leg = this;
    host_ = terms_.desktop.host;
    instance_->PreConnect = [](freerdp* instance) { return of(instance->context)->configure(); };
    instance_->PostConnect = [](freerdp* instance) { return of(instance->context)->post_connect(); };
    instance_->PostDisconnect = [](freerdp* instance) { gdi_free(instance); };
    instance_->VerifyX509Certificate = [](freerdp* instance, const BYTE* data, size_t length, const char*, UINT16, DWORD) {
        return of(instance->context)->verify(data, length);
    };
    instance_->Authenticate = [](freerdp*, char**, char**, char**) -> BOOL { return FALSE; };
    instance_->ReceiveChannelData = [](freerdp* instance, UINT16 id, const BYTE* data, size_t size, UINT32 flags, size_t total) -> BOOL {
        auto* leg = of(instance->context);
        const char* name = freerdp_channels_get_name_by_id(instance, id);
        if (name == nullptr) return TRUE;
        if (leg->state_ == State::up) return leg->listener_.target_channel(name, View(data, size), flags, static_cast<std::uint32_t>(total)), TRUE;
        leg->early_size_ += size;
        if (leg->early_size_ > most_early) return FALSE;
        leg->early_.push_back({name, Bytes(data, data + size), flags, static_cast<std::uint32_t>(total)});
        return TRUE;
    };
    // lint: allow banned: FreeRDP's connect blocks until the desktop is there, and the lobby goes on meanwhile
    thread_ = std::thread([this] { connect_in_thread(); });
    return ok();
}

// Within FreeRDP's connect, before anything is sent: only here its order support may be changed.
BOOL TargetLeg::configure() {
    auto* settings = settings_of(instance_.get());
    const auto on = [&](size_t id, BOOL value) { (void)freerdp_settings_set_bool(settings, id, value); };
    const auto number = [&](size_t id, UINT32 value) { (void)freerdp_settings_set_uint32(settings, id, value); };
    const auto text = [&](size_t id, const std::string& value) { (void)freerdp_settings_set_string(settings, id, value.c_str()); };
    text(FreeRDP_ServerHostname, given_socket);
    number(FreeRDP_ServerPort, static_cast<UINT32>(socket_));
    text(FreeRDP_Username, terms_.desktop.user);
    text(FreeRDP_Domain, terms_.desktop.domain);
    text(FreeRDP_ClientHostname, ("anteroom-" + terms_.person).substr(0, 15));
    on(FreeRDP_NlaSecurity, TRUE), on(FreeRDP_TlsSecurity, TRUE), on(FreeRDP_RdpSecurity, FALSE), on(FreeRDP_ExtSecurity, FALSE);
    on(FreeRDP_ExternalCertificateManagement, TRUE), on(FreeRDP_AutoReconnectionEnabled, FALSE), on(FreeRDP_CompressionEnabled, FALSE);
    // The recording shows what the target painted, so nothing that loses pixels is asked for; and no cache that holds megabytes.
    on(FreeRDP_RemoteFxCodec, FALSE), on(FreeRDP_NSCodec, FALSE), on(FreeRDP_JpegCodec, FALSE), on(FreeRDP_SupportGraphicsPipeline, FALSE);
    on(FreeRDP_BitmapCacheEnabled, FALSE), on(FreeRDP_BitmapCachePersistEnabled, FALSE);
    on(FreeRDP_SoftwareGdi, TRUE), on(FreeRDP_DrawAllowSkipAlpha, TRUE), on(FreeRDP_DrawAllowDynamicColorFidelity, FALSE);
    on(FreeRDP_NetworkAutoDetect, FALSE), on(FreeRDP_SupportHeartbeatPdu, FALSE), on(FreeRDP_SupportMultitransport, FALSE);
    on(FreeRDP_UnicodeInput, TRUE), on(FreeRDP_HasExtendedMouseEvent, TRUE), on(FreeRDP_HasHorizontalWheel, TRUE);
    number(FreeRDP_GlyphSupportLevel, 0), number(FreeRDP_OffscreenSupportLevel, 0), number(FreeRDP_ColorDepth, 32);
    number(FreeRDP_DesktopWidth, terms_.screen.width), number(FreeRDP_DesktopHeight, terms_.screen.height);
    number(FreeRDP_PointerCacheSize, Pointers::most), number(FreeRDP_LargePointerFlag, pointers_of_96);
    for (const auto id : {FreeRDP_KeyboardLayout, FreeRDP_KeyboardType, FreeRDP_KeyboardSubType, FreeRDP_KeyboardFunctionKey, FreeRDP_PerformanceFlags})
        number(static_cast<size_t>(id), freerdp_settings_get_uint32(terms_.client, static_cast<size_t>(id)));
    if (terms_.client->ClientTimeZone != nullptr && settings->ClientTimeZone != nullptr) *settings->ClientTimeZone = *terms_.client->ClientTimeZone;
    settings->MaxTimeInCheckLoop = slice_ms;

    bool sound = false;
    UINT32 count = 0;
    for (const auto& channel : terms_.channels) {
        if (count >= settings->ChannelDefArraySize) break;
        settings->ChannelDefArray[count++] = channel;
        sound = sound || std::strncmp(channel.name, "rdpsnd", CHANNEL_NAME_LEN) == 0;
    }
    number(FreeRDP_ChannelCount, count);
    on(FreeRDP_AudioPlayback, sound ? TRUE : FALSE);
    return TRUE;
}

// FreeRDP makes every decoder there is; those that were not asked for hold megabytes and could only be attacked.
void TargetLeg::drop_decoders() {
    auto* codecs = context()->codecs;
    rfx_context_free(std::exchange(codecs->rfx, nullptr));
    nsc_context_free(std::exchange(codecs->nsc, nullptr));
    h264_context_free(std::exchange(codecs->h264, nullptr));
    clear_context_free(std::exchange(codecs->clear, nullptr));
    progressive_context_free(std::exchange(codecs->progressive, nullptr));
}

BOOL TargetLeg::post_connect() {
    logging_on_ = false;
    drop_decoders();
    if (!gdi_init(instance_.get(), PIXEL_FORMAT_BGRX32)) return FALSE;
    auto* update = update_of(instance_.get());
    update->BeginPaint = [](rdpContext* context) -> BOOL {
        auto* window = context->gdi->primary->hdc->hwnd;
        window->invalid->null = TRUE;
        window->ninvalid = 0;
        return TRUE;
    };
    update->EndPaint = [](rdpContext* context) -> BOOL {
        const auto* window = context->gdi->primary->hdc->hwnd;
        const auto& leg = *of(context);
        const auto clip = [](INT32 value, std::uint32_t most) { return static_cast<UINT16>(std::clamp<INT32>(value, 0, static_cast<INT32>(most))); };
        for (INT32 i = 0; i < window->ninvalid; ++i) {
            const auto& area = window->cinvalid[i];
            const RECTANGLE_16 painted{clip(area.x, leg.width()), clip(area.y, leg.height()), clip(area.x + area.w, leg.width()),
                                       clip(area.y + area.h, leg.height())};
            if (painted.left < painted.right && painted.top < painted.bottom) leg.listener_.target_painted(painted);
        }
        return TRUE;
    };
    update->DesktopResize = [](rdpContext* context) -> BOOL {
        const auto width = freerdp_settings_get_uint32(context->settings, FreeRDP_DesktopWidth);
        const auto height = freerdp_settings_get_uint32(context->settings, FreeRDP_DesktopHeight);
        return gdi_resize(context->gdi, width, height) && of(context)->listener_.target_resized(width, height) ? TRUE : FALSE;
    };
    // Plain pixels may come as surface bits; a codec that was not asked for has no decoder here and ends the session.
    surface_bits_ = update->SurfaceBits;
    update->SurfaceBits = [](rdpContext* context, const SURFACE_BITS_COMMAND* command) -> BOOL {
        return command->bmp.codecID == RDP_CODEC_ID_NONE && of(context)->surface_bits_(context, command) ? TRUE : FALSE;
    };
    hook_pointers();
    return TRUE;
}

void TargetLeg::hook_pointers() {
    auto* pointer = update_of(instance_.get())->pointer;
    pointer->PointerPosition = [](rdpContext* context, const POINTER_POSITION_UPDATE* p) -> BOOL {
        return of(context)->listener_.pointer_at(static_cast<std::uint16_t>(p->xPos), static_cast<std::uint16_t>(p->yPos)), TRUE;
    };
    pointer->PointerSystem = [](rdpContext* context, const POINTER_SYSTEM_UPDATE* p) -> BOOL { return of(context)->listener_.pointer_system(p->type), TRUE; };
    pointer->PointerColor = [](rdpContext* context, const POINTER_COLOR_UPDATE* p) -> BOOL {
        POINTER_NEW_UPDATE whole{};
        whole.xorBpp = 24;  // what a Color Pointer always has (MS-RDPBCGR 2.2.9.1.1.4.4)
        whole.colorPtrAttr = *p;
        return of(context)->listener_.pointer_new(whole), TRUE;
    };
    pointer->PointerNew = [](rdpContext* context, const POINTER_NEW_UPDATE* p) -> BOOL { return of(context)->listener_.pointer_new(*p), TRUE; };
    // Was not asked for; the number stands for it from now on.
    pointer->PointerLarge = [](rdpContext* context, const POINTER_LARGE_UPDATE* p) -> BOOL {
        POINTER_NEW_UPDATE whole{};
        whole.xorBpp = p->xorBpp;
        whole.colorPtrAttr = {p->cacheIndex, p->hotSpotX, p->hotSpotY, p->width, p->height, p->lengthAndMask, p->lengthXorMask, p->xorMaskData, p->andMaskData};
        return of(context)->listener_.pointer_new(whole), TRUE;
    };
    pointer->PointerCached = [](rdpContext* context, const POINTER_CACHED_UPDATE* p) -> BOOL {
        return of(context)->listener_.pointer_cached(p->cacheIndex), TRUE;
    };
}

// ---- in the connecting thread ------------------------------------------------------------------------------------------

void TargetLeg::connect_in_thread() {
    const bool connected = freerdp_connect(instance_.get()) != FALSE;
    const std::lock_guard lock(mutex_);
    connected_ = connected;
    finished_ = true;
    ::eventfd_write(done_.get(), 1);
}

// 1: accepted for this connection; 0: not. Nothing is kept anywhere.
int TargetLeg::verify(const BYTE* pem, size_t length) {
    std::unique_lock lock(mutex_);
    identity_ = control::TargetIdentity{"x509", der_of(pem, length), {}, {}};
    ::eventfd_write(done_.get(), 1);
    judged_.wait(lock, [this] { return verdict_.has_value() || abandoned_; });
    if (abandoned_ || !verdict_ || !verdict_->trusted) return -1;
    auto* settings = settings_of(instance_.get());
    if (!verdict_->password.empty()) {
        logging_on_ = true;
        const std::string password(verdict_->password.expose_text());
        (void)freerdp_settings_set_string(settings, FreeRDP_Password, password.c_str());
        explicit_bzero(const_cast<char*>(password.data()), password.size());
    }
    verdict_->password = Secret();
    // From here on FreeRDP names the target to the target itself (TERMSRV/HOST). Others still point at the old text, so it stays.
    leave_text_and_set(settings->ServerHostname, host_);
    return 1;
}

// ---- in the loop -------------------------------------------------------------------------------------------------------

std::optional<control::TargetIdentity> TargetLeg::take_identity() {
    const std::lock_guard lock(mutex_);
    return std::exchange(identity_, std::nullopt);
}

void TargetLeg::verdict(control::TargetVerdict verdict) {
    {
        const std::lock_guard lock(mutex_);
        if (!verdict.trusted) give_up("host-key", verdict.sentence);
        verdict_ = std::move(verdict);
    }
    judged_.notify_all();
}

void TargetLeg::give_up(std::string why, std::string sentence) {
    if (std::exchange(given_up_, true)) return;
    why_ = std::move(why);
    sentence_ = std::move(sentence);
}

void TargetLeg::step(Monotonic now) {
    eventfd_t seen = 0;
    (void)::eventfd_read(done_.get(), &seen);
    if (state_ == State::connecting) {
        bool finished = false;
        {
            const std::lock_guard lock(mutex_);
            finished = finished_;
        }
        if (finished) return settle();
        if (now < terms_.give_up) return;
        give_up("timeout", "The target did not finish connecting in time.");
        return close();
    }
    if (state_ == State::up && !freerdp_check_event_handles(context())) state_ = State::closed;
}

// The thread has ended, with a desktop or without.
void TargetLeg::settle() {
    thread_.join();
    if (connected_ && !given_up_) {
        state_ = State::up;
        if (char* password = settings_of(instance_.get())->Password; password != nullptr) explicit_bzero(password, std::strlen(password));
        for (const auto& one : early_) listener_.target_channel(one.name, one.chunk, one.flags, one.total);
        early_ = {};
        return;
    }
    const UINT32 error = freerdp_get_last_error(context());
    log::info("target.failed", {{"freerdp", freerdp_get_last_error_name(error)}});
    if (std::find(std::begin(refused_logons), std::end(refused_logons), error) != std::end(refused_logons))
        give_up("login", "The target refused the stored account. Nothing was tried a second time.");
    // A server that does not take the account at NLA often just hangs up, once it has seen the proof.
    if (logging_on_ && (freerdp_settings_get_uint32(settings_of(instance_.get()), FreeRDP_SelectedProtocol) & nla_selected) != 0)
        give_up("login", "The target closed the connection at the logon: the stored account may be wrong or locked. Nothing was tried a second time.");
    give_up("protocol", "The target's remote desktop did not answer as it should.");
    state_ = State::failed;
}

void TargetLeg::append_descriptors(std::vector<pollfd>& to) {
    to.push_back({done_.get(), POLLIN, 0});
    if (state_ != State::up) return;
    HANDLE handles[16];
    rdp::append_descriptors(to, handles, freerdp_get_event_handles(context(), handles, 16));
}

bool TargetLeg::full() const {
    pollfd socket = room();
    return state_ == State::up && ::poll(&socket, 1, 0) == 0;
}

void TargetLeg::mouse(std::uint16_t flags, std::uint16_t x, std::uint16_t y, bool extended) {
    auto* input = input_of(instance_.get());
    (void)(extended ? freerdp_input_send_extended_mouse_event(input, flags, x, y) : freerdp_input_send_mouse_event(input, flags, x, y));
}

Status TargetLeg::send_channel(const std::string& name, View message) {
    const UINT16 id = freerdp_channels_get_id_by_name(instance_.get(), name.c_str());
    if (id == 0 || id == 0xFFFF) return ok();  // the target has no such channel
    return instance_->SendChannelData(instance_.get(), id, message.data(), message.size()) ? ok()
                                                                                           : Status(fail(ErrorKind::io, "the target takes no channel data"));
}

// Also while the thread is connecting: without its socket it comes back at once.
void TargetLeg::close() {
    if (thread_.joinable()) {
        {
            const std::lock_guard lock(mutex_);
            abandoned_ = true;
        }
        judged_.notify_all();
        ::shutdown(socket_, SHUT_RDWR);
        thread_.join();
    }
    if (full()) ::shutdown(socket_, SHUT_RDWR);
    if (state_ == State::up) (void)freerdp_disconnect(instance_.get());
    if (state_ == State::connecting) state_ = State::failed;
    if (state_ == State::up) state_ = State::closed;
}

}  // namespace anteroom::rdp
