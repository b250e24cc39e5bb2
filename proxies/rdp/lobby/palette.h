// The lobby's colours: dark and calm, for a person at night. Text is drawn with an Ink, which names what it stands on, so that each
// pair's contrast can be computed (WCAG 2.2, 1.4.3: at least 4.5 : 1; tests/unit/rdp_lobby does).
#pragma once

#include <array>

#include "proxies/rdp/lobby/canvas.h"

namespace anteroom::rdp::palette {

struct Ink {
    Colour text = 0, ground = 0;
};

inline constexpr Colour night = 0x11161D;                    // behind everything
inline constexpr Colour sunken = 0x080B0F;                   // inside the field
inline constexpr Colour raised = 0x1D2631;                   // the help line, the choice that has the focus
inline constexpr Colour rule = 0x3A4756;                     // thin lines that say nothing
inline constexpr Colour ring = 0x5CB0FF;                     // around what has the focus
inline constexpr Colour ring_off = 0x8496AA;                 // around the field while a choice has the focus
inline constexpr Colour paper = 0xFFFFFF, print = 0x000000;  // QR codes

inline constexpr Ink title{0xFFFFFF, night};
inline constexpr Ink place{0xA9B8C8, night};
inline constexpr Ink said{0xE4EAF1, night};
inline constexpr Ink answered{0x9CC7EE, night};
inline constexpr Ink marked{0xFFC75A, night};  // "! first time from this network"
inline constexpr Ink label{0xFFFFFF, night};
inline constexpr Ink typed{0xFFFFFF, sunken};
inline constexpr Ink hint{0xA9B8C8, night};
inline constexpr Ink alert{0xFFC75A, night};  // Caps Lock
inline constexpr Ink working{0xE4EAF1, night};
inline constexpr Ink number{0x7CC0FF, night};  // of a choice
inline constexpr Ink chosen{0xFFFFFF, raised};
inline constexpr Ink more{0xE4EAF1, raised};
inline constexpr Ink help{0xFFFFFF, raised};
inline constexpr Ink strip{0xFFFFFF, 0x1F4468};
inline constexpr Ink strip_urgent{0xFFFFFF, 0xA8201A};

inline constexpr std::array<Ink, 16> inks{title, place,   said,   answered, marked, label, typed, hint,
                                          alert, working, number, chosen,   more,   help,  strip, strip_urgent};
// What shows the focus stands beside these grounds (1.4.11: at least 3 : 1).
inline constexpr std::array<Ink, 6> edges{Ink{ring, night},     Ink{ring, sunken},     Ink{ring, raised},
                                          Ink{ring_off, night}, Ink{ring_off, sunken}, Ink{paper, print}};

}  // namespace anteroom::rdp::palette
