// Client data and the attestation object's map.
#include "broker/identity/webauthn_parts.h"

#include <boost/json.hpp>

#include "base/base64url.h"
#include "base/crypto.h"

namespace anteroom::identity::webauthn {

namespace {

namespace json = boost::json;

tl::unexpected<Error> wrong(std::string what) { return fail(ErrorKind::refused, std::move(what)); }

// Members of the outermost object, as they are written: two of one name would be one in the parsed object, and read differently by
// whoever verifies the signature after us.
std::size_t members_written(std::string_view text) {
    std::size_t members = 0, depth = 0;
    bool quoted = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (quoted) {
            if (c == '\\') ++i;
            else if (c == '"') quoted = false;
        } else if (c == '"') {
            quoted = true;
        } else if (c == '{' || c == '[') {
            ++depth;
        } else if (c == '}' || c == ']') {
            --depth;
        } else if (c == ':' && depth == 1) {
            ++members;
        }
    }
    return members;
}

Status must_be(const json::object& object, std::string_view member, std::string_view wanted) {
    const auto* value = object.if_contains(member);
    const std::string name(member);
    if (value == nullptr || !value->is_string()) return wrong("client data without " + name);
    if (std::string_view(value->get_string()) != wanted) return wrong("another " + name + ": " + printable(std::string_view(value->get_string()), 120));
    return ok();
}

// Just enough of RFC 8949 for a map of text keys: definite lengths, bounded depth.
class Cbor {
public:
    explicit Cbor(View bytes) : bytes_(bytes) {}

    enum Major : std::uint8_t { unsigned_number, negative_number, byte_string, text_string, array, map, tag, simple };
    struct Head {
        Major major{};
        std::uint64_t value = 0;
    };
    Result<Head> head() {
        const auto first = TRY(number(1));
        const auto low = first & 0x1f;
        Head head{static_cast<Major>(first >> 5), low};
        if (low >= 28) return wrong("CBOR of indefinite length");
        if (low >= 24) head.value = TRY(number(std::size_t{1} << (low - 24)));
        return head;
    }
    Result<View> string(Major wanted) {
        const auto found = TRY(head());
        if (found.major != wanted) return wrong("CBOR of another type");
        return taken(found.value);
    }
    // One whole item, whatever it is.
    Result<View> item() {
        const auto from = at_;
        TRY(skip(0));
        return bytes_.subspan(from, at_ - from);
    }
    bool over() const { return at_ == bytes_.size(); }
    // What stands before the CBOR, or between it.
    Result<View> taken(std::uint64_t size) {
        if (size > bytes_.size() - at_) return wrong("CBOR cut short");
        const auto out = bytes_.subspan(at_, size);
        at_ += size;
        return out;
    }

private:
    static constexpr int deepest = 8;

    Result<std::uint64_t> number(std::size_t size) {
        std::uint64_t value = 0;
        for (const auto byte : TRY(taken(size))) value = value << 8 | byte;
        return value;
    }
    Status skip(int depth) {
        if (depth > deepest) return wrong("CBOR too deep");
        const auto found = TRY(head());
        if (found.major == byte_string || found.major == text_string) return TRY(taken(found.value)), ok();
        if (found.major == tag) return skip(depth + 1);
        if (found.major != array && found.major != map) return ok();
        if (found.value > bytes_.size()) return wrong("CBOR cut short");
        const auto items = found.major == map ? found.value * 2 : found.value;
        for (std::uint64_t i = 0; i < items; ++i) TRY(skip(depth + 1));
        return ok();
    }

    View bytes_;
    std::size_t at_ = 0;
};

}  // namespace

Status check_client_data(View client_data, std::string_view type, const Expected& expected) {
    if (client_data.size() > largest_client_data) return wrong("client data of " + std::to_string(client_data.size()) + " bytes");
    const auto text = to_string(client_data);
    boost::system::error_code error;
    const auto value = json::parse(text, error);
    if (error || !value.is_object()) return wrong("client data that is no JSON object");
    const auto& object = value.get_object();
    if (members_written(text) != object.size()) return wrong("client data with a member twice");
    TRY(must_be(object, "type", type));
    if (expected.challenge.empty()) return wrong("no challenge");
    TRY(must_be(object, "challenge", base64url(expected.challenge)));
    TRY(must_be(object, "origin", expected.origin));
    const auto* crossing = object.if_contains("crossOrigin");
    if (crossing != nullptr && !(crossing->is_bool() && !crossing->get_bool())) return wrong("made within another origin's page");
    if (object.contains("topOrigin")) return wrong("made within another origin's page");
    return ok();
}

namespace {

// Section 6.1: behind the head the credential that was made (6.5.1), then extensions, each where its flag says so, and nothing else.
Status check_layout(View behind_head, std::uint8_t flags) {
    constexpr std::size_t aaguid_size = 16, length_size = 2;
    Cbor rest(behind_head);
    if ((flags & attested) != 0) {
        TRY(rest.taken(aaguid_size));
        const auto length = TRY(rest.taken(length_size));
        TRY(rest.taken(std::size_t{length[0]} << 8 | length[1]));
        TRY(rest.item());
    }
    if ((flags & extended) != 0) TRY(rest.item());
    return rest.over() ? ok() : Status(wrong("bytes behind the authenticator data"));
}

}  // namespace

Status check_authenticator_data(View data, const Expected& expected, bool making) {
    if (data.size() < authenticator_data_head) return wrong("authenticator data cut short");
    const auto relying_party = crypto::sha256(view(expected.relying_party));
    if (!equal_in_constant_time(data.first(relying_party.size()), relying_party)) return wrong("another relying party");
    const auto flags = data[flags_at];
    if ((flags & user_present) == 0) return wrong("nobody was present");
    if ((flags & user_verified) == 0) return wrong("the person was not verified");
    if ((flags & backed_up) != 0 && (flags & backup_eligible) == 0) return wrong("backed up, and never to be backed up");
    if (making && (flags & attested) == 0) return wrong("no credential was made");
    if (!making && (flags & attested) != 0) return wrong("a credential was made, not used");
    return check_layout(data.subspan(authenticator_data_head), flags);
}

Result<AttestationObject> parse_attestation_object(View bytes) {
    if (bytes.size() > largest_attestation) return wrong("an attestation object of " + std::to_string(bytes.size()) + " bytes");
    Cbor cbor(bytes);
    const auto head = TRY(cbor.head());
    if (head.major != Cbor::map || head.value != 3) return wrong("an attestation object that is no map of three");
    std::optional<std::string> format;
    std::optional<View> statement, data;
    for (int i = 0; i < 3; ++i) {
        const auto key = to_string(TRY(cbor.string(Cbor::text_string)));
        if (key == "fmt" && !format) format = to_string(TRY(cbor.string(Cbor::text_string)));
        else if (key == "attStmt" && !statement) statement = TRY(cbor.item());
        else if (key == "authData" && !data) data = TRY(cbor.string(Cbor::byte_string));
        else return wrong("an attestation object with another member");
    }
    if (!cbor.over()) return wrong("bytes behind the attestation object");
    return AttestationObject{*format, *statement, *data};
}

}  // namespace anteroom::identity::webauthn
