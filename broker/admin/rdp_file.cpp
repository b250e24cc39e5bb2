// Settings of .rdp files. Every text that stands in one was checked before: a host and port, ids, letters and digits.
#include "broker/admin/rdp_file.h"

#include <array>
#include <vector>

namespace anteroom::admin {

namespace {

// name in the file -> name in `signscope`, in rdpsign.exe's order; those that our files can have.
constexpr std::array<std::pair<std::string_view, std::string_view>, 19> secure{{{"full address:s:", "Full Address"},
                                                                                {"alternate full address:s:", "Alternate Full Address"},
                                                                                {"negotiate security layer:i:", "Negotiate Security Layer"},
                                                                                {"enablecredsspsupport:i:", "EnableCredSspSupport"},
                                                                                {"disableconnectionsharing:i:", "DisableConnectionSharing"},
                                                                                {"autoreconnection enabled:i:", "AutoReconnection Enabled"},
                                                                                {"gatewayusagemethod:i:", "GatewayUsageMethod"},
                                                                                {"promptcredentialonce:i:", "PromptCredentialOnce"},
                                                                                {"alternate shell:s:", "Alternate Shell"},
                                                                                {"prompt for credentials:i:", "Prompt For Credentials"},
                                                                                {"authentication level:i:", "Authentication Level"},
                                                                                {"audiomode:i:", "AudioMode"},
                                                                                {"redirectdrives:i:", "RedirectDrives"},
                                                                                {"redirectprinters:i:", "RedirectPrinters"},
                                                                                {"redirectcomports:i:", "RedirectCOMPorts"},
                                                                                {"redirectsmartcards:i:", "RedirectSmartCards"},
                                                                                {"redirectposdevices:i:", "RedirectPOSDevices"},
                                                                                {"redirectclipboard:i:", "RedirectClipboard"},
                                                                                {"drivestoredirect:s:", "DrivesToRedirect"}}};

std::vector<std::string_view> lines_of(std::string_view text) {
    std::vector<std::string_view> lines;
    while (!text.empty()) {
        const auto end = text.find("\r\n");
        if (const auto line = text.substr(0, end); !line.empty()) lines.push_back(line);
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 2);
    }
    return lines;
}

// Of ASCII alone, which these files are.
Bytes utf16(std::string_view text) {
    Bytes out;
    for (const char c : text) {
        out.push_back(static_cast<std::uint8_t>(c));
        out.push_back(0);
    }
    return out;
}

void put_little_endian(Bytes& out, std::size_t number) {
    for (unsigned shift = 0; shift < 32; shift += 8) out.push_back(static_cast<std::uint8_t>(number >> shift));
}

}  // namespace

std::string rdp_file(const RdpFile& file, const policy::CapabilitySet& may) {
    const auto on = [&](std::initializer_list<const char*> kinds) {
        for (const char* kind : kinds)
            if (may.permits({kind, ""})) return "1";
        return "0";
    };
    std::string text;
    const auto line = [&](std::string_view name, const std::string& value) { text += std::string(name) + value + "\r\n"; };
    line("screen mode id:i:", "2");
    line("use multimon:i:", "0");
    line("session bpp:i:", "32");
    line("dynamic resolution:i:", "1");
    line("compression:i:", "1");
    line("keyboardhook:i:", "2");
    line("full address:s:", file.address);
    line("username:s:", file.person);
    line("alternate shell:s:", "anteroom:" + file.token);
    line("authentication level:i:", "2");
    line("negotiate security layer:i:", "1");
    line("enablecredsspsupport:i:", "0");
    line("prompt for credentials:i:", "0");
    line("promptcredentialonce:i:", "0");
    // A lost line comes back to the sign-in: the token is good once, and would only be refused.
    line("autoreconnection enabled:i:", "0");
    line("disableconnectionsharing:i:", "1");
    line("gatewayusagemethod:i:", "0");
    line("redirectclipboard:i:", on({"rdp:clipboard:in", "rdp:clipboard:out", "rdp:clipboard:files"}));
    line("redirectdrives:i:", on({"rdp:drive:read", "rdp:drive:write"}));
    line("redirectprinters:i:", on({"rdp:printer"}));
    line("redirectsmartcards:i:", on({"rdp:smartcard"}));
    line("redirectcomports:i:", "0");
    line("redirectposdevices:i:", "0");
    line("audiomode:i:", may.permits({"rdp:audio", ""}) ? "0" : "2");
    return text;
}

SecureSettings secure_settings(const std::string& text) {
    const auto lines = lines_of(text);
    SecureSettings out;
    std::string content;
    for (const auto& [setting, name] : secure)
        for (const auto line : lines)
            if (line.starts_with(setting)) {
                out.scope += (out.scope.empty() ? "" : ",") + std::string(name);
                content += std::string(line) + "\r\n";
            }
    content += "signscope:s:" + out.scope + "\r\n";
    content += '\0';
    out.content = utf16(content);
    return out;
}

// The header in front of the PKCS#7: two numbers that rdpsign.exe writes, and the length.
Result<std::string> signed_rdp_file(const std::string& text, const identity::TlsIdentity& signer) {
    std::string whole = text;
    for (const auto line : lines_of(text))
        if (constexpr std::string_view full = "full address:s:"; line.starts_with(full))
            whole += "alternate full address:s:" + std::string(line.substr(full.size())) + "\r\n";
    const auto settings = secure_settings(whole);
    const auto signature = TRY(signer.sign_detached(settings.content));
    Bytes blob;
    put_little_endian(blob, 0x00010001);
    put_little_endian(blob, 1);
    put_little_endian(blob, signature.size());
    blob.insert(blob.end(), signature.begin(), signature.end());
    return whole + "signscope:s:" + settings.scope + "\r\nsignature:s:" + base64(blob) + "\r\n";
}

}  // namespace anteroom::admin
