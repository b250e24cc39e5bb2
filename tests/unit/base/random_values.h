// Random content for every type that has a wire form, and equality by fields, both by Boost.Describe. For tests of every room.
#pragma once

#include "base/wire.h"
#include "tests/unit/base/seeds.h"

namespace anteroom::testing {

template <class T>
T random_value(Seeded& random) {
    using namespace wire::detail;
    if constexpr (std::is_same_v<T, bool>) {
        return random.chance(2);
    } else if constexpr (std::is_enum_v<T>) {
        std::vector<T> all;
        boost::mp11::mp_for_each<boost::describe::describe_enumerators<T>>([&](auto e) { all.push_back(e.value); });
        return all[random.below(all.size())];
    } else if constexpr (std::is_integral_v<T>) {
        return static_cast<T>(random.bits() >> random.below(64));
    } else if constexpr (std::is_same_v<T, std::string>) {
        return random.text(random.below(random.chance(20) ? 3000 : 30));
    } else if constexpr (std::is_same_v<T, Bytes>) {
        return random.bytes(random.below(random.chance(20) ? 3000 : 30));
    } else if constexpr (std::is_same_v<T, Secret>) {
        return Secret(random.bytes(random.below(30)));
    } else if constexpr (std::is_same_v<T, Time>) {
        return from_micros(static_cast<std::int64_t>(random.bits()));
    } else if constexpr (std::is_same_v<T, Duration>) {
        return Duration(static_cast<std::int64_t>(random.bits()));
    } else if constexpr (is_id<T>::value) {
        return random.chance(5) ? T() : T(random.text_of("0123456789abcdefghjkmnpqrstvwxyz", 16));
    } else if constexpr (is_byte_array<T>::value) {
        T out{};
        for (auto& b : out) b = random.byte();
        return out;
    } else if constexpr (is_vector<T>::value) {
        T out;
        for (std::uint64_t i = random.below(6); i > 0; --i) out.push_back(random_value<typename T::value_type>(random));
        return out;
    } else if constexpr (is_map<T>::value) {
        T out;
        for (std::uint64_t i = random.below(6); i > 0; --i)
            out.emplace(random_value<typename T::key_type>(random), random_value<typename T::mapped_type>(random));
        return out;
    } else if constexpr (is_optional<T>::value) {
        if (random.chance(2)) return std::nullopt;
        return random_value<typename T::value_type>(random);
    } else {
        T out{};
        boost::mp11::mp_for_each<members_of<T>>([&](auto member) { out.*member.pointer = random_value<std::decay_t<decltype(out.*member.pointer)>>(random); });
        return out;
    }
}

template <class T>
bool same(const T& a, const T& b) {
    using namespace wire::detail;
    if constexpr (std::is_same_v<T, Secret>) {
        return equal_in_constant_time(a.expose(), b.expose());
    } else if constexpr (is_vector<T>::value && !std::is_same_v<T, Bytes>) {
        bool equal = a.size() == b.size();
        for (std::size_t i = 0; equal && i < a.size(); ++i) equal = same(a[i], b[i]);
        return equal;
    } else if constexpr (is_optional<T>::value) {
        return a.has_value() == b.has_value() && (!a || same(*a, *b));
    } else if constexpr (boost::describe::has_describe_members<T>::value && !is_id<T>::value) {
        bool equal = true;
        boost::mp11::mp_for_each<members_of<T>>([&](auto member) { equal = equal && same(a.*member.pointer, b.*member.pointer); });
        return equal;
    } else {
        return a == b;
    }
}

}  // namespace anteroom::testing
