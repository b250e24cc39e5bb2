// The one door to FreeRDP 2.11 (Debian 12). Everything of it that this folder uses is named here, and what FreeRDP 3 (Debian 13)
// will have differently:
//   - peer->settings, ->update, ->input and instance->settings, ->update are context->... there; here they are reached by the functions below
//   - settings are read and written by freerdp_settings_get/set_* alone, which both have
//   - RdpServerRsaKey and certificates become freerdp_key_new_from_pem, freerdp_certificate_new_from_pem (not used: TLS ends in the front)
//   - BITMAP_UPDATE.count is gone (number stays); VerifyX509Certificate's result 1 keeps its meaning
//   - mppc, ncrush and xcrush are its own there: their doors (doors.cpp) open onto nothing and can go
//   - freerdp_settings pointers to channel definitions grow by freerdp_settings_set_pointer_len
#pragma once

#include <freerdp/channels/channels.h>
#include <freerdp/channels/wtsvc.h>
#include <freerdp/client/channels.h>
#include <freerdp/codec/region.h>
#include <freerdp/constants.h>
#include <freerdp/freerdp.h>
#include <freerdp/gdi/gdi.h>
#include <freerdp/input.h>
#include <freerdp/peer.h>
#include <freerdp/primitives.h>
#include <freerdp/settings.h>
#include <freerdp/update.h>
#include <poll.h>
#include <winpr/crypto.h>
#include <winpr/ssl.h>
#include <winpr/synch.h>
#include <winpr/wlog.h>
#include <winpr/wtsapi.h>

#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

namespace anteroom::rdp {

struct PeerFree {
    void operator()(freerdp_peer* peer) const {
        freerdp_peer_context_free(peer);
        freerdp_peer_free(peer);
    }
};
using Peer = std::unique_ptr<freerdp_peer, PeerFree>;
struct InstanceFree {
    void operator()(freerdp* instance) const {
        freerdp_context_free(instance);
        freerdp_free(instance);
    }
};
using Instance = std::unique_ptr<freerdp, InstanceFree>;

inline rdpSettings* settings_of(const freerdp_peer* peer) { return peer->settings; }
inline rdpSettings* settings_of(const freerdp* instance) { return instance->settings; }
inline rdpUpdate* update_of(const freerdp_peer* peer) { return peer->update; }
inline rdpUpdate* update_of(const freerdp* instance) { return instance->update; }
inline rdpInput* input_of(const freerdp_peer* peer) { return peer->input; }
inline rdpInput* input_of(const freerdp* instance) { return instance->input; }

inline std::string text_setting(const rdpSettings* settings, size_t id) {
    const char* text = freerdp_settings_get_string(settings, id);
    return text == nullptr ? "" : text;
}

// A list of names that FreeRDP allocated as one block.
struct NamesFree {
    void operator()(char** names) const { ::free(names); }
};
using Names = std::unique_ptr<char*, NamesFree>;

// Puts another text into a field of the settings without freeing the one that was there: FreeRDP still points at it elsewhere.
inline void leave_text_and_set(char*& field, const std::string& text) { field = ::strdup(text.c_str()); }

// A region, kept as FreeRDP's: few rectangles that do not overlap.
class Region {
public:
    Region() { region16_init(&region_); }
    ~Region() { region16_uninit(&region_); }
    Region(const Region&) = delete;
    Region& operator=(const Region&) = delete;
    void add(const RECTANGLE_16& area) { (void)region16_union_rect(&region_, &region_, &area); }
    void clear() { region16_clear(&region_); }
    bool empty() const { return region16_is_empty(&region_) != FALSE; }
    const RECTANGLE_16& extents() const { return *region16_extents(&region_); }
    std::vector<RECTANGLE_16> rectangles() const {
        UINT32 count = 0;
        const RECTANGLE_16* first = region16_rects(&region_, &count);
        return {first, first + count};
    }

private:
    REGION16 region_{};
};

// The descriptors behind FreeRDP's event handles, to be polled for reading.
inline void append_descriptors(std::vector<pollfd>& to, HANDLE* handles, DWORD count) {
    for (DWORD i = 0; i < count; ++i)
        if (const int fd = GetEventFileDescriptor(handles[i]); fd >= 0) to.push_back({fd, POLLIN, 0});
}

}  // namespace anteroom::rdp
