// The binary codec between our programs: little-endian integers, u32-prefixed strings and lists, described structs
// field by field in declaration order (Boost.Describe). Decoding never reads past its input, refuses trailing bytes,
// out-of-range enums and non-canonical booleans, and its error names the field's path.
#pragma once

#include <boost/describe.hpp>
#include <boost/mp11/algorithm.hpp>

#include <algorithm>
#include <array>
#include <cstring>
#include <map>
#include <optional>
#include <type_traits>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/ids.h"
#include "base/result.h"
#include "base/secret.h"

namespace anteroom::wire {

namespace detail {

template <class T>
struct is_id : std::false_type {};
template <class Tag>
struct is_id<Id<Tag>> : std::true_type {};
template <class T>
struct is_vector : std::false_type {};
template <class T>
struct is_vector<std::vector<T>> : std::true_type {};
template <class T>
struct is_optional : std::false_type {};
template <class T>
struct is_optional<std::optional<T>> : std::true_type {};
template <class T>
struct is_byte_array : std::false_type {};
template <std::size_t N>
struct is_byte_array<std::array<std::uint8_t, N>> : std::true_type {};
template <class T>
struct is_map : std::false_type {};
template <class K, class V>
struct is_map<std::map<K, V>> : std::true_type {};
template <class T>
inline constexpr bool dependent_false = false;

template <class T>
using members_of = boost::describe::describe_members<T, boost::describe::mod_public | boost::describe::mod_inherited>;

}  // namespace detail

class Encoder {
public:
    template <class T>
    void put(const T& value) {
        using namespace detail;
        if constexpr (std::is_same_v<T, bool>) {
            put(static_cast<std::uint8_t>(value ? 1 : 0));
        } else if constexpr (std::is_enum_v<T>) {
            put(static_cast<std::underlying_type_t<T>>(value));
        } else if constexpr (std::is_integral_v<T>) {
            auto bits = static_cast<std::make_unsigned_t<T>>(value);
            make_room(sizeof(T));
            for (std::size_t i = 0; i < sizeof(T); ++i) out_.push_back(static_cast<std::uint8_t>(static_cast<std::uint64_t>(bits) >> (8 * i)));
        } else if constexpr (std::is_same_v<T, std::string>) {
            put_bytes(view(value));
        } else if constexpr (std::is_same_v<T, Bytes>) {
            put_bytes(value);
        } else if constexpr (std::is_same_v<T, Secret>) {
            put_bytes(value.expose());
        } else if constexpr (std::is_same_v<T, Time>) {
            put(micros(value));
        } else if constexpr (std::is_same_v<T, Duration>) {
            put(static_cast<std::int64_t>(value.count()));
        } else if constexpr (is_id<T>::value) {
            put(value.str());
        } else if constexpr (is_byte_array<T>::value) {
            make_room(value.size());
            out_.insert(out_.end(), value.begin(), value.end());
        } else if constexpr (is_vector<T>::value) {
            put(static_cast<std::uint32_t>(value.size()));
            for (const auto& item : value) put(item);
        } else if constexpr (is_map<T>::value) {
            put(static_cast<std::uint32_t>(value.size()));
            for (const auto& [key, item] : value) {
                put(key);
                put(item);
            }
        } else if constexpr (is_optional<T>::value) {
            put(value.has_value());
            if (value) put(*value);
        } else if constexpr (boost::describe::has_describe_members<T>::value) {
            boost::mp11::mp_for_each<members_of<T>>([&](auto member) { put(value.*member.pointer); });
        } else {
            static_assert(dependent_false<T>, "this type has no wire form");
        }
    }
    Bytes take() { return std::move(out_); }
    ~Encoder() { wipe(out_.data(), out_.size()); }

private:
    void put_bytes(View bytes) {
        put(static_cast<std::uint32_t>(bytes.size()));
        make_room(bytes.size());
        out_.insert(out_.end(), bytes.begin(), bytes.end());
    }
    // Grows without leaving a copy behind: secrets pass through here.
    void make_room(std::size_t more) {
        if (out_.size() + more <= out_.capacity()) return;
        Bytes larger;
        larger.reserve(std::max(2 * out_.capacity(), out_.size() + more + 256));
        larger.assign(out_.begin(), out_.end());
        wipe(out_.data(), out_.size());
        out_.swap(larger);
    }
    Bytes out_;
};

class Decoder {
public:
    explicit Decoder(View input) : rest_(input) {}

    template <class T>
    Status get(T& value) {
        using namespace detail;
        if constexpr (std::is_same_v<T, bool>) {
            std::uint8_t byte = 0;
            TRY(get(byte));
            if (byte > 1) return fail(ErrorKind::invalid, "a boolean is neither 0 nor 1");
            value = byte == 1;
        } else if constexpr (std::is_enum_v<T>) {
            std::underlying_type_t<T> raw = 0;
            TRY(get(raw));
            bool known = false;
            boost::mp11::mp_for_each<boost::describe::describe_enumerators<T>>(
                [&](auto e) { known = known || static_cast<std::underlying_type_t<T>>(e.value) == raw; });
            if (!known) return fail(ErrorKind::invalid, "an enum has no such value");
            value = static_cast<T>(raw);
        } else if constexpr (std::is_integral_v<T>) {
            auto bytes = TRY(take(sizeof(T)));
            std::uint64_t bits = 0;
            for (std::size_t i = 0; i < sizeof(T); ++i) bits |= static_cast<std::uint64_t>(bytes[i]) << (8 * i);
            value = static_cast<T>(bits);
        } else if constexpr (std::is_same_v<T, std::string>) {
            value = to_string(TRY(get_bytes()));
        } else if constexpr (std::is_same_v<T, Bytes>) {
            value = to_bytes(TRY(get_bytes()));
        } else if constexpr (std::is_same_v<T, Secret>) {
            value = Secret::copy_of(TRY(get_bytes()));
        } else if constexpr (std::is_same_v<T, Time>) {
            std::int64_t raw = 0;
            TRY(get(raw));
            value = from_micros(raw);
        } else if constexpr (std::is_same_v<T, Duration>) {
            std::int64_t raw = 0;
            TRY(get(raw));
            value = Duration(raw);
        } else if constexpr (is_id<T>::value) {
            auto text = to_string(TRY(get_bytes()));
            value = text.empty() ? T() : TRY(T::parse(text));
        } else if constexpr (is_byte_array<T>::value) {
            auto bytes = TRY(take(value.size()));
            std::memcpy(value.data(), bytes.data(), bytes.size());
        } else if constexpr (is_vector<T>::value) {
            std::uint32_t count = 0;
            TRY(get(count));
            if (count > rest_.size()) return fail(ErrorKind::invalid, "a list is longer than its message");
            value.clear();
            for (std::uint32_t i = 0; i < count; ++i) {
                typename T::value_type item{};
                TRY(get(item));
                value.push_back(std::move(item));
            }
        } else if constexpr (is_map<T>::value) {
            std::uint32_t count = 0;
            TRY(get(count));
            if (count > rest_.size()) return fail(ErrorKind::invalid, "a map is longer than its message");
            value.clear();
            for (std::uint32_t i = 0; i < count; ++i) {
                typename T::key_type key{};
                typename T::mapped_type item{};
                TRY(get(key));
                TRY(get(item));
                if (!value.emplace(std::move(key), std::move(item)).second) return fail(ErrorKind::invalid, "a map has a key twice");
            }
        } else if constexpr (is_optional<T>::value) {
            bool present = false;
            TRY(get(present));
            value.reset();
            if (present) {
                typename T::value_type item{};
                TRY(get(item));
                value = std::move(item);
            }
        } else if constexpr (boost::describe::has_describe_members<T>::value) {
            Status status;
            boost::mp11::mp_for_each<members_of<T>>([&](auto member) {
                if (!status) return;
                if (auto one = get(value.*member.pointer); !one) status = fail(one.error().kind, std::string(member.name) + ": " + one.error().detail);
            });
            return status;
        } else {
            static_assert(dependent_false<T>, "this type has no wire form");
        }
        return ok();
    }

    Status finished() const { return rest_.empty() ? ok() : Status(fail(ErrorKind::invalid, "bytes left over behind the message")); }

private:
    Result<View> take(std::size_t size) {
        if (size > rest_.size()) return fail(ErrorKind::invalid, "the message ends early");
        View head = rest_.first(size);
        rest_ = rest_.subspan(size);
        return head;
    }
    Result<View> get_bytes() {
        std::uint32_t size = 0;
        TRY(get(size));
        return take(size);
    }
    View rest_;
};

template <class T>
Bytes encode(const T& value) {
    Encoder encoder;
    encoder.put(value);
    return encoder.take();
}

template <class T>
Result<T> decode(View input) {
    T value{};
    Decoder decoder(input);
    TRY(decoder.get(value));
    TRY(decoder.finished());
    return value;
}

}  // namespace anteroom::wire
