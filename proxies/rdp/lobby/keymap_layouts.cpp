// Facts about keyboards as Windows has them (its layouts as the Unicode CLDR published them up to version 43, keyboards/windows).
#include "proxies/rdp/lobby/keymap_layouts.h"

#include <algorithm>
#include <array>

namespace anteroom::rdp {
namespace {

using Caps = Layout::Caps;

constexpr std::u32string_view us_plain =
    U"`1234567890-="
    U"qwertyuiop[]"
    U"asdfghjkl;'\\"
    U"\\zxcvbnm,./";
constexpr std::u32string_view us_shift =
    U"~!@#$%^&*()_+"
    U"QWERTYUIOP{}"
    U"ASDFGHJKL:\"|"
    U"|ZXCVBNM<>?";

constexpr std::array<Layout, 19> all{{
    {.id = 0x409, .name = "US", .plain = us_plain, .shift = us_shift},
    {.id = 0x20409,
     .name = "US International",
     .plain = U"\u03001234567890-="
              U"qwertyuiop[]"
              U"asdfghjkl;\u0341\\"
              U"\\zxcvbnm,./",
     .shift = U"\u0303!@#$%\u0302&*()_+"
              U"QWERTYUIOP{}"
              U"ASDFGHJKL:\u030e|"
              U"|ZXCVBNM<>?",
     .alt_gr = U"1¡2²3³4¤5€6¼7½8¾9‘0’-¥=×qäwåeér®tþyüuúiíoópö[«]»aásßdðlø;¶\u0341´\\¬zæc©nñmµ,ç/¿",
     .shift_alt_gr = U"1¹4£=÷s§;°\u0341¨\\¦c¢"},
    {.id = 0x809,
     .name = "UK",
     .plain = U"`1234567890-="
              U"qwertyuiop[]"
              U"asdfghjkl;'#"
              U"\\zxcvbnm,./",
     .shift = U"¬!\"£$%^&*()_+"
              U"QWERTYUIOP{}"
              U"ASDFGHJKL:@~"
              U"|ZXCVBNM<>?",
     .alt_gr = U"`¦4€eéuúiíoóaá"},
    {.id = 0x407,
     .name = "German",
     .plain = U"\u03021234567890ß\u0301"
              U"qwertzuiopü+"
              U"asdfghjklöä#"
              U"<yxcvbnm,.-",
     .shift = U"°!\"§$%&/()=?\u0300"
              U"QWERTZUIOPÜ*"
              U"ASDFGHJKLÖÄ'"
              U">YXCVBNM;:_",
     .alt_gr = U"2²3³7{8[9]0}ß\\q@e€+~<|mµ",
     .caps = Caps::shift_lock,
     .decimal = ','},
    {.id = 0x807,
     .name = "Swiss German",
     .plain = U"§1234567890'\u0302"
              U"qwertzuiopü\u0308"
              U"asdfghjklöä$"
              U"<yxcvbnm,.-",
     .shift = U"°+\"*ç%&/()=?\u0300"
              U"QWERTZUIOPè!"
              U"ASDFGHJKLéà£"
              U">YXCVBNM;:_",
     .alt_gr = U"1¦2@3#4°5§6¬7|8¢'\u0301\u0302\u0303e€ü[\u0308]ä{$}<\\",
     .caps = Caps::capitals},
    {.id = 0x100c,
     .name = "Swiss French",
     .plain = U"§1234567890'\u0302"
              U"qwertzuiopè\u0308"
              U"asdfghjkléà$"
              U"<yxcvbnm,.-",
     .shift = U"°+\"*ç%&/()=?\u0300"
              U"QWERTZUIOPü!"
              U"ASDFGHJKLöä£"
              U">YXCVBNM;:_",
     .alt_gr = U"1¦2@3#4°5§6¬7|8¢'\u0301\u0302\u0303e€è[\u0308]à{$}<\\",
     .caps = Caps::capitals},
    {.id = 0x40c,
     .name = "French",
     .plain = U"²&é\"'(-è_çà)="
              U"azertyuiop\u0302$"
              U"qsdfghjklmù*"
              U"<wxcvbn,;:!",
     .shift = U" 1234567890°+"
              U"AZERTYUIOP\u0308£"
              U"QSDFGHJKLM%µ"
              U">WXCVBN?./§",
     .alt_gr = U"é\u0303\"#'{([-|è\u0300_\\ç^à@)]=}e€$¤",
     .caps = Caps::shift_lock},
    {.id = 0x80c,
     .name = "Belgian",
     .plain = U"²&é\"'(§è!çà)-"
              U"azertyuiop\u0302$"
              U"qsdfghjklmùµ"
              U"<wxcvbn,;:=",
     .shift = U"³1234567890°_"
              U"AZERTYUIOP\u0308*"
              U"QSDFGHJKLM%£"
              U">WXCVBN?./+",
     .alt_gr = U"&|é@\"#'{([§^ç{à}e€\u0302[$]ù\u0301µ\u0300<\\=\u0303",
     .caps = Caps::shift_lock},
    {.id = 0x40a,
     .name = "Spanish",
     .plain = U"º1234567890'¡"
              U"qwertyuiop\u0300+"
              U"asdfghjklñ\u0301ç"
              U"<zxcvbnm,.-",
     .shift = U"ª!\"·$%&/()=?¿"
              U"QWERTYUIOP\u0302*"
              U"ASDFGHJKLÑ\u0308Ç"
              U">ZXCVBNM;:_",
     .alt_gr = U"º\\1|2@3#4\u03035€6¬e€\u0300[+]\u0301{ç}"},
    {.id = 0x410,
     .name = "Italian",
     .plain = U"\\1234567890'ì"
              U"qwertyuiopè+"
              U"asdfghjklòàù"
              U"<zxcvbnm,.-",
     .shift = U"|!\"£$%&/()=?^"
              U"QWERTYUIOPé*"
              U"ASDFGHJKLç°§"
              U">ZXCVBNM;:_",
     .alt_gr = U"5€e€è[+]ò@à#",
     .shift_alt_gr = U"è{+}"},
    {.id = 0x816,
     .name = "Portuguese",
     .plain = U"\\1234567890'«"
              U"qwertyuiop+\u0301"
              U"asdfghjklçº\u0303"
              U"<zxcvbnm,.-",
     .shift = U"|!\"#$%&/()=?»"
              U"QWERTYUIOP*\u0300"
              U"ASDFGHJKLÇª\u0302"
              U">ZXCVBNM;:_",
     .alt_gr = U"2@3£4§5€7{8[9]0}e€+\u0308\u0301]"},
    {.id = 0x416,
     .name = "Brazilian",
     .plain = U"'1234567890-="
              U"qwertyuiop\u0301["
              U"asdfghjklç\u0303]"
              U"\\zxcvbnm,.;",
     .shift = U"\"!@#$%\u0308&*()_+"
              U"QWERTYUIOP\u0300{"
              U"ASDFGHJKLÇ\u0302}"
              U"|ZXCVBNM<>:",
     .alt_gr = U"1¹2²3³4£5¢6¬=§q/w?e°[ª]ºc₢/°",
     .decimal = ','},
    {.id = 0x41d,
     .name = "Swedish",
     .plain = U"§1234567890+\u0301"
              U"qwertyuiopå\u0308"
              U"asdfghjklöä'"
              U"<zxcvbnm,.-",
     .shift = U"½!\"#¤%&/()=?\u0300"
              U"QWERTYUIOPÅ\u0302"
              U"ASDFGHJKLÖÄ*"
              U">ZXCVBNM;:_",
     .alt_gr = U"2@3£4$5€7{8[9]0}+\\e€\u0308\u0303<|mµ",
     .decimal = ','},
    {.id = 0x40b,
     .name = "Finnish",
     .plain = U"§1234567890+\u0301"
              U"qwertyuiopå\u0308"
              U"asdfghjklöä'"
              U"<zxcvbnm,.-",
     .shift = U"½!\"#¤%&/()=?\u0300"
              U"QWERTYUIOPÅ\u0302"
              U"ASDFGHJKLÖÄ*"
              U">ZXCVBNM;:_",
     .alt_gr = U"2@3£4$5€7{8[9]0}+\\e€\u0308\u0303<|mµ",
     .decimal = ','},
    {.id = 0x414,
     .name = "Norwegian",
     .plain = U"|1234567890+\\"
              U"qwertyuiopå\u0308"
              U"asdfghjkløæ'"
              U"<zxcvbnm,.-",
     .shift = U"§!\"#¤%&/()=?\u0300"
              U"QWERTYUIOPÅ\u0302"
              U"ASDFGHJKLØÆ*"
              U">ZXCVBNM;:_",
     .alt_gr = U"2@3£4$5€7{8[9]0}\\\u0301e€\u0308\u0303mµ",
     .decimal = ','},
    {.id = 0x406,
     .name = "Danish",
     .plain = U"½1234567890+\u0301"
              U"qwertyuiopå\u0308"
              U"asdfghjklæø'"
              U"<zxcvbnm,.-",
     .shift = U"§!\"#¤%&/()=?\u0300"
              U"QWERTYUIOPÅ\u0302"
              U"ASDFGHJKLÆØ*"
              U">ZXCVBNM;:_",
     .alt_gr = U"2@3£4$5€7{8[9]0}\u0301|e€\u0308\u0303<\\mµ",
     .decimal = ','},
    {.id = 0x413,
     .name = "Dutch",
     .plain = U"@1234567890/°"
              U"qwertyuiop\u0308*"
              U"asdfghjkl+\u0301<"
              U"]zxcvbnm,.-",
     .shift = U"§!\"#$%&_()'?\u0303"
              U"QWERTYUIOP\u0302|"
              U"ASDFGHJKL±\u0300>"
              U"[ZXCVBNM;:=",
     .alt_gr = U"@¬1¹2²3³4¼5½6¾7£8{9}/\\°\u0327e€r¶sß]¦z«x»c¢mµ.·",
     .decimal = ','},
    {.id = 0x415,
     .name = "Polish (programmers)",
     .plain = us_plain,
     .shift = U"\u0334!@#$%^&*()_+"
              U"QWERTYUIOP{}"
              U"ASDFGHJKL:\"|"
              U"|ZXCVBNM<>?",
     .alt_gr = U"aącćeęlłnńoósśxźzżu€"},
    {.id = 0x405,
     .name = "Czech",
     .plain = U";+ěščřžýáíé=\u0301"
              U"qwertzuiopú)"
              U"asdfghjklů§\u0308"
              U"\\yxcvbnm,.-",
     .shift = U"\u030a1234567890%\u030c"
              U"QWERTZUIOP/("
              U"ASDFGHJKL\"!'"
              U"|YXCVBNM?:_",
     .alt_gr = U"+~ě\u030cš\u0302č\u0306ř\u030až\u0328ý\u0300á\u0307í\u0301é\u030b=\u0308\u0301\u0327q\\w|e€ú÷)×sđdĐf[g]kłlŁů$§ß\u0308¤x#c&v@b{n},<.>-*",
     .caps = Caps::capitals,
     .decimal = ',',
     .accented_consonants = true},
}};
static_assert(std::all_of(all.begin(), all.end(), [](const Layout& one) {
    return one.plain.size() == layout_keys && one.shift.size() == layout_keys && one.alt_gr.size() % 2 == 0 && one.shift_alt_gr.size() % 2 == 0;
}));

// Ids that stand for one of the above: Austria, Canada, Belgium (Dutch), Ireland, Norway (nynorsk), extended variants.
constexpr std::array<std::pair<std::uint32_t, std::uint32_t>, 13> same{{{0xc07, 0x407},
                                                                        {0x1007, 0x807},
                                                                        {0x1009, 0x409},
                                                                        {0xc09, 0x409},
                                                                        {0x1409, 0x409},
                                                                        {0x4009, 0x409},
                                                                        {0x1809, 0x809},
                                                                        {0x452, 0x809},
                                                                        {0x813, 0x80c},
                                                                        {0x814, 0x414},
                                                                        {0xc0a, 0x40a},
                                                                        {0x1080c, 0x80c},
                                                                        {0x81d, 0x41d}}};

struct Accent {
    char32_t dead, spacing;
    std::u32string_view pairs;  // small letters: the bare one, the accented one
};
constexpr std::array<Accent, 15> accents{{{0x300, '`', U"aàeèiìoòuù"},
                                          {0x301, 0xB4, U"aáeéiíoóuúyýcćlĺnńrŕsśzź"},
                                          {0x302, '^', U"aâeêiîoôuû"},
                                          {0x303, '~', U"aãnñoõ"},
                                          {0x306, 0x2D8, U"aăgğ"},
                                          {0x307, 0xB7, U"eėzż"},
                                          {0x308, 0xA8, U"aäeëiïoöuüyÿ"},
                                          {0x30A, 0xB0, U"aåuů"},
                                          {0x30B, 0x2DD, U"oőuű"},
                                          {0x30C, 0x2C7, U"cčdďeělľnňrřsštťzž"},
                                          {0x327, 0xB8, U"cçgģkķlļnņrŗsştţ"},
                                          {0x328, 0x2DB, U"aąeęiįuų"},
                                          // US International: the apostrophe and the quotation mark. Polish: the tilde makes every Polish letter.
                                          {0x341, '\'', U"aácçeéiíoóuúyý"},
                                          {0x30E, '"', U"aäeëiïoöuüyÿ"},
                                          {0x334, '~', U"aącćeęlłnńoósśxźzż"}}};

const Accent* accent_of(char32_t dead) {
    const auto found = std::find_if(accents.begin(), accents.end(), [&](const Accent& one) { return one.dead == dead; });
    return found == accents.end() ? nullptr : &*found;
}

const Layout* find(std::uint32_t id) {
    const auto found = std::find_if(all.begin(), all.end(), [&](const Layout& one) { return one.id == id; });
    return found == all.end() ? nullptr : &*found;
}

}  // namespace

std::span<const Layout> layouts() { return all; }

const Layout& layout_of(std::uint32_t id, bool& known) {
    known = true;
    if (const auto* exact = find(id)) return *exact;
    for (const auto& [other, ours] : same)
        if (other == id) return *find(ours);
    known = false;
    constexpr std::uint32_t language = 0x3FF;  // of a LANGID; without the country
    if (const auto* close = find(id & 0xFFFFU)) return *close;
    for (const auto& one : all)
        if ((one.id & language) == (id & language)) return one;
    return all.front();
}

bool is_dead(char32_t character) { return character >= 0x300 && character <= 0x36F; }

char32_t spacing_of(char32_t dead) {
    const auto* accent = accent_of(dead);
    return accent == nullptr ? 0 : accent->spacing;
}

char32_t composed(const Layout& layout, char32_t dead, char32_t character) {
    const auto* accent = accent_of(dead);
    if (accent == nullptr) return 0;
    const bool consonant = std::u32string_view(U"clnrszCLNRSZ").find(character) != std::u32string_view::npos;
    if (dead == 0x301 && consonant && !layout.accented_consonants) return 0;
    for (std::size_t i = 0; i + 1 < accent->pairs.size(); i += 2) {
        if (accent->pairs[i] == character) return accent->pairs[i + 1];
        if (capital(accent->pairs[i]) == character) return capital(accent->pairs[i + 1]);
    }
    return 0;
}

char32_t capital(char32_t c) {
    if ((c >= 'a' && c <= 'z') || (c >= 0xE0 && c <= 0xFE && c != 0xF7)) return c - 0x20;
    if (c == 0xFF) return 0x178;
    const bool odd = (c >= 0x100 && c <= 0x137 && c != 0x131) || (c >= 0x14A && c <= 0x177);
    const bool even = (c >= 0x139 && c <= 0x148) || (c >= 0x179 && c <= 0x17E);
    if ((odd && c % 2 == 1) || (even && c % 2 == 0)) return c - 1;
    return c;
}

}  // namespace anteroom::rdp
