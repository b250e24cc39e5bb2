// TargetLeg: FreeRDP as a client of the target, on a socket that the broker has connected. FreeRDP's connect blocks, so it runs in a
// thread of its own until the desktop is there; from then on everything happens in step(). The target's certificate goes to the broker
// before any credential is here; a timer ends what never comes to an end. One attempt, one logon: nothing is tried a second time.
#pragma once

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "broker/control/messages.h"
#include "proxies/rdp/client_leg.h"

namespace anteroom::rdp {

class TargetLeg {
public:
    class Listener {
    public:
        virtual ~Listener() = default;
        virtual void target_painted(const RECTANGLE_16& area) = 0;
        virtual bool target_resized(std::uint32_t width, std::uint32_t height) = 0;
        virtual void target_channel(const std::string& name, View chunk, std::uint32_t flags, std::uint32_t total) = 0;
        virtual void pointer_at(std::uint16_t x, std::uint16_t y) = 0;
        virtual void pointer_system(std::uint32_t type) = 0;  // SYSPTR_*
        virtual void pointer_new(const POINTER_NEW_UPDATE& pointer) = 0;
        virtual void pointer_cached(std::uint32_t index) = 0;
    };
    struct Terms {
        control::DesktopTerms desktop;
        std::string person;  // for the target's own log, as the client's name
        Screen screen;
        const rdpSettings* client = nullptr;  // its keyboard and time zone are the target's
        std::vector<CHANNEL_DEF> channels;    // static ones to be offered
        Monotonic give_up{};
    };

    static Result<std::unique_ptr<TargetLeg>> make(Fd socket, Terms terms, Listener& listener);
    ~TargetLeg();

    enum class State : std::uint8_t { connecting, up, failed, closed };
    State state() const { return state_; }
    const std::string& why() const { return why_; }            // "login", "timeout", "host-key", "protocol"
    const std::string& sentence() const { return sentence_; }  // for the person

    // Moves on: connecting -> up or failed, and what has arrived.
    void step(Monotonic now);
    void append_descriptors(std::vector<pollfd>& to);
    // It does not read: FreeRDP would wait for it with whatever is sent now.
    bool full() const;
    pollfd room() const { return {socket_, POLLOUT, 0}; }  // what to wait for then
    // The certificate, once, when the TLS handshake is done; then verdict() is due.
    std::optional<control::TargetIdentity> take_identity();
    void verdict(control::TargetVerdict verdict);

    // The picture: B G R X, of the screen's size.
    const std::uint8_t* pixels() const { return gdi()->primary_buffer; }
    std::uint32_t stride() const { return gdi()->stride; }
    std::uint32_t width() const { return static_cast<std::uint32_t>(gdi()->width); }
    std::uint32_t height() const { return static_cast<std::uint32_t>(gdi()->height); }
    rdpContext* context() const { return instance_->context; }

    void key(std::uint16_t flags, std::uint16_t code) { (void)freerdp_input_send_keyboard_event(input_of(instance_.get()), flags, code); }
    void unicode_key(std::uint16_t flags, std::uint16_t code) { (void)freerdp_input_send_unicode_keyboard_event(input_of(instance_.get()), flags, code); }
    void lock_keys(std::uint32_t flags) { (void)freerdp_input_send_synchronize_event(input_of(instance_.get()), flags); }
    void mouse(std::uint16_t flags, std::uint16_t x, std::uint16_t y, bool extended);
    Status send_channel(const std::string& name, View message);
    void close();

private:
    struct Context;
    TargetLeg(Terms terms, Listener& listener) : terms_(std::move(terms)), listener_(listener) {}
    Status open(Fd socket);
    BOOL configure();
    BOOL post_connect();
    void hook_pointers();
    void drop_decoders();
    int verify(const BYTE* pem, size_t length);
    void connect_in_thread();
    void settle();
    void give_up(std::string why, std::string sentence);
    static TargetLeg* of(rdpContext* context);
    rdpGdi* gdi() const { return instance_->context->gdi; }

    Terms terms_;
    Listener& listener_;
    Instance instance_;
    int socket_ = -1;
    std::string host_;
    pSurfaceBits surface_bits_ = nullptr;  // FreeRDP's own
    State state_ = State::connecting;
    std::string why_, sentence_;
    bool given_up_ = false;

    // Between the connecting thread and step().
    std::thread thread_;  // lint: allow banned: FreeRDP's connect blocks
    Fd done_;             // eventfd: something changed over there
    std::mutex mutex_;
    std::condition_variable judged_;
    std::optional<control::TargetIdentity> identity_;
    std::optional<control::TargetVerdict> verdict_;
    bool finished_ = false, connected_ = false, abandoned_ = false, logging_on_ = false;
    struct Early {
        std::string name;
        Bytes chunk;
        std::uint32_t flags, total;
    };
    std::vector<Early> early_;  // channel data from before the desktop was there
    std::size_t early_size_ = 0;
};

}  // namespace anteroom::rdp
