// Pointers: the shapes that a target has sent, the one it shows now, and which of them its client was sent. A client that cannot be sent
// anything for a while is then told of the last one alone, and never of a shape by a number that it does not know: it would hang up.
#pragma once

#include <array>
#include <optional>
#include <utility>

#include "base/bytes.h"

namespace anteroom::rdp {

class Pointers {
public:
    // What every client keeps, and what the target is told (MS-RDPBCGR 2.2.7.1.5, 2.2.7.2.7).
    static constexpr std::uint32_t most = 20, widest = 96;

    struct Shape {
        std::uint32_t bpp = 0, x = 0, y = 0, width = 0, height = 0;
        Bytes xor_mask, and_mask;
        Bytes seen;  // as it is recorded; empty: no picture can be made of it
    };
    // What the client is told.
    struct Order {
        enum class Kind : std::uint8_t { hidden, standard, shape, cached };
        Kind kind = Kind::standard;
        std::uint32_t index = 0;
        const Shape* shape = nullptr;  // until the next call
    };

    void standard(bool hidden) { tell({.kind = hidden ? Order::Kind::hidden : Order::Kind::standard}); }

    // Both give the shape that is shown, or nullptr: the standard pointer is. A shape without width is one that cannot be shown.
    const Shape* shape(std::uint32_t index, Shape shape) {
        if (index < most) {
            kept_[index].reset();
            sent_[index] = false;
            if (shape.width > 0 && shape.width <= widest && shape.height <= widest) kept_[index] = std::move(shape);
        }
        return cached(index);
    }
    const Shape* cached(std::uint32_t index) {
        const bool known = index < most && kept_[index];
        if (known) tell({.kind = Order::Kind::shape, .index = index});
        else standard(false);
        return known ? &*kept_[index] : nullptr;
    }

    // The client may have forgotten everything (MS-RDPBCGR 1.3.1.3).
    void forget_sent() {
        sent_ = {};
        changed_ = true;
    }

    // Of what was shown since the last time, the last. It counts as sent.
    std::optional<Order> take() {
        if (!std::exchange(changed_, false)) return std::nullopt;
        auto order = now_;
        if (order.kind != Order::Kind::shape) return order;
        if (std::exchange(sent_[order.index], true)) order.kind = Order::Kind::cached;
        else order.shape = &*kept_[order.index];
        return order;
    }

private:
    void tell(Order order) {
        now_ = order;
        changed_ = true;
    }

    std::array<std::optional<Shape>, most> kept_;
    std::array<bool, most> sent_{};
    Order now_;
    bool changed_ = false;
};

}  // namespace anteroom::rdp
