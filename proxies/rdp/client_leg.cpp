// FreeRDP's peer: settings, callbacks, and the loop's step.
#include "proxies/rdp/client_leg.h"

#include <cstring>

namespace anteroom::rdp {

namespace {

constexpr std::uint32_t largest_update = 0xFFFFFF, slice_ms = 10;
constexpr std::size_t longest_text = 512;  // FreeRDP cuts Client Info's fields there

// What is no use to us any more leaves no copy in FreeRDP's settings.
Secret take_secret(rdpSettings* settings, size_t id) {
    const char* text = freerdp_settings_get_string(settings, id);
    if (text == nullptr) return {};
    Secret secret = Secret::copy_of(std::string_view(text, strnlen(text, longest_text)));
    explicit_bzero(const_cast<char*>(text), std::strlen(text));
    (void)freerdp_settings_set_string(settings, id, "");
    return secret;
}

std::vector<CHANNEL_DEF> channels_of(freerdp_peer* peer) {
    size_t count = 0;
    const Names owned(WTSGetAcceptedChannelNames(peer, &count));
    char** names = owned.get();
    std::vector<CHANNEL_DEF> list(count);
    for (size_t i = 0; i < count; ++i) {
        std::memcpy(list[i].name, names[i], strnlen(names[i], CHANNEL_NAME_LEN));
        const INT64 options = WTSChannelGetOptions(peer, WTSChannelGetId(peer, names[i]));
        list[i].options = options < 0 ? CHANNEL_OPTION_INITIALIZED : static_cast<ULONG>(options);
    }
    return list;
}

}  // namespace

struct ClientLeg::Context {
    rdpContext base;
    ClientLeg* leg;
};

ClientLeg* ClientLeg::of(rdpContext* context) { return reinterpret_cast<Context*>(context)->leg; }

Result<std::unique_ptr<ClientLeg>> ClientLeg::make(Fd plain, const Preamble& preamble, Listener& listener) {
    auto leg = std::unique_ptr<ClientLeg>(new ClientLeg(listener, preamble));
    TRY(leg->open(std::move(plain)));
    return leg;
}

ClientLeg::~ClientLeg() = default;

Status ClientLeg::open(Fd plain) {
    peer_.reset(freerdp_peer_new(plain.get()));
    if (!peer_) return fail(ErrorKind::internal, "FreeRDP has no peer");
    plain.release();  // FreeRDP closes it
    peer_->ContextSize = sizeof(Context);
    peer_->local = TRUE;  // no RDP encryption on the plain stream: TLS has ended in the front
    if (!freerdp_peer_context_new(peer_.get())) return fail(ErrorKind::internal, "FreeRDP has no context for a peer");
    reinterpret_cast<Context*>(peer_->context)->leg = this;
    configure();
    return peer_->Initialize(peer_.get()) ? ok() : Status(fail(ErrorKind::internal, "FreeRDP does not initialize its peer"));
}

void ClientLeg::configure() {
    auto* settings = settings_of(peer_.get());
    const auto on = [&](size_t id, BOOL value) { (void)freerdp_settings_set_bool(settings, id, value); };
    on(FreeRDP_RdpSecurity, TRUE), on(FreeRDP_TlsSecurity, FALSE), on(FreeRDP_NlaSecurity, FALSE);
    on(FreeRDP_RemoteFxCodec, FALSE), on(FreeRDP_NSCodec, TRUE), on(FreeRDP_SurfaceFrameMarkerEnabled, FALSE), on(FreeRDP_FrameMarkerCommandEnabled, FALSE);
    on(FreeRDP_SupportGraphicsPipeline, FALSE), on(FreeRDP_WaitForOutputBufferFlush, FALSE), on(FreeRDP_RefreshRect, TRUE), on(FreeRDP_SuppressOutput, TRUE);
    on(FreeRDP_FastPathOutput, TRUE), on(FreeRDP_UnicodeInput, TRUE), on(FreeRDP_HasExtendedMouseEvent, TRUE), on(FreeRDP_HasHorizontalWheel, TRUE);
    on(FreeRDP_SupportMonitorLayoutPdu, FALSE), on(FreeRDP_SupportErrorInfoPdu, TRUE);
    (void)freerdp_settings_set_uint32(settings, FreeRDP_ColorDepth, 32);
    (void)freerdp_settings_set_uint32(settings, FreeRDP_MultifragMaxRequestSize, largest_update);
    settings->MaxTimeInCheckLoop = slice_ms;
    std::memset(settings->OrderSupport, 0, 32);
    update_of(peer_.get())->autoCalculateBitmapData = TRUE;

    peer_->Logon = [](freerdp_peer* peer, SEC_WINNT_AUTH_IDENTITY*, BOOL) -> BOOL {
        // What the client asked for and was answered by the front, or it takes our Connect Response for an attack (2.2.1.4.2).
        const auto& said = of(peer->context)->preamble_;
        (void)freerdp_settings_set_uint32(settings_of(peer), FreeRDP_RequestedProtocols, said.requested_protocols);
        (void)freerdp_settings_set_uint32(settings_of(peer), FreeRDP_SelectedProtocol, said.selected_protocol);
        return TRUE;
    };
    peer_->PostConnect = [](freerdp_peer* peer) { return of(peer->context)->post_connect(); };
    peer_->Activate = [](freerdp_peer* peer) { return of(peer->context)->activate(); };
    peer_->ReceiveChannelData = [](freerdp_peer* peer, UINT16 id, const BYTE* data, size_t size, UINT32 flags, size_t total) -> BOOL {
        of(peer->context)->listener_.client_channel(id, View(data, size), flags, static_cast<std::uint32_t>(total));
        return TRUE;
    };
    auto* input = input_of(peer_.get());
    input->KeyboardEvent = [](rdpInput* in, UINT16 flags, UINT16 code) -> BOOL { return of(in->context)->listener_.key(flags, code), TRUE; };
    input->UnicodeKeyboardEvent = [](rdpInput* in, UINT16 flags, UINT16 code) -> BOOL { return of(in->context)->listener_.unicode_key(flags, code), TRUE; };
    input->SynchronizeEvent = [](rdpInput* in, UINT32 flags) -> BOOL { return of(in->context)->listener_.lock_keys(flags), TRUE; };
    input->MouseEvent = [](rdpInput* in, UINT16 flags, UINT16 x, UINT16 y) -> BOOL { return of(in->context)->listener_.mouse(flags, x, y, false), TRUE; };
    input->ExtendedMouseEvent = [](rdpInput* in, UINT16 flags, UINT16 x, UINT16 y) -> BOOL {
        return of(in->context)->listener_.mouse(flags, x, y, true), TRUE;
    };
    auto* update = update_of(peer_.get());
    update->RefreshRect = [](rdpContext* context, BYTE count, const RECTANGLE_16* areas) -> BOOL {
        for (BYTE i = 0; i < count; ++i) of(context)->listener_.repaint(areas[i]);
        return TRUE;
    };
    update->SuppressOutput = [](rdpContext* context, BYTE allow, const RECTANGLE_16*) -> BOOL {
        auto* leg = of(context);
        leg->hidden_ = allow == 0;
        const auto screen = leg->screen();
        if (allow != 0) leg->listener_.repaint({0, 0, static_cast<UINT16>(screen.width), static_cast<UINT16>(screen.height)});
        return TRUE;
    };
}

BOOL ClientLeg::post_connect() {
    auto* settings = settings_of(peer_.get());
    const auto asked = screen();
    const Size size{asked.width, asked.height};
    if (const auto fits = fitting(size); fits != size) wanted_ = fits;
    (void)freerdp_settings_set_bool(settings, FreeRDP_CompressionEnabled, FALSE);  // the client could; nothing here does (doors.cpp)
    ClientHello hello;
    hello.user = text_setting(settings, FreeRDP_Username);
    hello.domain = text_setting(settings, FreeRDP_Domain);
    // A ticket's token travels here; it is as secret as a password.
    const Secret shell = take_secret(settings, FreeRDP_AlternateShell);
    hello.shell = std::string(shell.expose_text());
    hello.password = take_secret(settings, FreeRDP_Password);
    hello.name = text_setting(settings, FreeRDP_ClientHostname);
    hello.build = freerdp_settings_get_uint32(settings, FreeRDP_ClientBuild);
    hello.channels = channels_of(peer_.get());
    hello.monitors = std::max<std::uint32_t>(1, freerdp_settings_get_uint32(settings, FreeRDP_MonitorCount));
    listener_.client_said(std::move(hello));
    return TRUE;
}

BOOL ClientLeg::activate() {
    agreed_ = true;
    const auto now = screen();
    if (wanted_ && (wanted_->width != now.width || wanted_->height != now.height)) return TRUE;  // step() asks again
    wanted_.reset();
    ready_ = true;
    listener_.client_ready();
    return TRUE;
}

Status ClientLeg::step() {
    if (!peer_->CheckFileDescriptor(peer_.get())) return fail(ErrorKind::not_found, "the client is gone");
    // Not from within activate(): FreeRDP is still about to finish that one.
    if (const auto size = wanted_; size && agreed_) TRY(propose(size->width, size->height));
    return drain();
}

Status ClientLeg::drain() {
    if (blocked() && peer_->DrainOutputBuffer(peer_.get()) < 0) return fail(ErrorKind::not_found, "the client is gone");
    return ok();
}

void ClientLeg::append_descriptors(std::vector<pollfd>& to) {
    HANDLE handles[8];
    const auto first = to.size();
    rdp::append_descriptors(to, handles, peer_->GetEventHandles(peer_.get(), handles, 8));
    if (!blocked()) return;
    for (auto i = first; i < to.size(); ++i)
        if (to[i].fd == peer_->sockfd) to[i].events |= POLLOUT;
}

bool ClientLeg::blocked() const { return peer_->IsWriteBlocked(peer_.get()) != FALSE; }
bool ClientLeg::may_paint() const { return ready_ && !hidden_ && !blocked(); }

Screen ClientLeg::screen() const {
    const auto* from = settings();
    return {freerdp_settings_get_uint32(from, FreeRDP_DesktopWidth), freerdp_settings_get_uint32(from, FreeRDP_DesktopHeight),
            freerdp_settings_get_uint32(from, FreeRDP_ColorDepth)};
}

std::uint32_t ClientLeg::keyboard_layout() const { return freerdp_settings_get_uint32(settings(), FreeRDP_KeyboardLayout); }

std::uint16_t ClientLeg::channel_id(const std::string& name) const { return WTSChannelGetId(peer_.get(), name.c_str()); }

Status ClientLeg::resize(std::uint32_t width, std::uint32_t height) {
    if (agreed_) return propose(width, height);
    wanted_ = Size{width, height};
    return ok();
}

Status ClientLeg::propose(std::uint32_t width, std::uint32_t height) {
    wanted_.reset();
    ready_ = agreed_ = false;
    (void)freerdp_settings_set_uint32(settings(), FreeRDP_DesktopWidth, width);
    (void)freerdp_settings_set_uint32(settings(), FreeRDP_DesktopHeight, height);
    return update()->DesktopResize(context()) ? ok() : Status(fail(ErrorKind::io, "the client cannot be resized"));
}

Status ClientLeg::send_channel(std::uint16_t id, View message) {
    return peer_->SendChannelData(peer_.get(), id, message.data(), message.size()) ? ok() : Status(fail(ErrorKind::io, "the client takes no channel data"));
}

void ClientLeg::close(std::uint32_t error_info) {
    if (error_info != 0) freerdp_set_error_info(context()->rdp, error_info);
    (void)peer_->Close(peer_.get());
    (void)peer_->DrainOutputBuffer(peer_.get());
}

}  // namespace anteroom::rdp
