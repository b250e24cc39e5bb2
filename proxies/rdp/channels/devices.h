// Devices of the person's machine in the session (MS-RDPEFS): drives, printers, smart cards. Which there are is what was announced
// and permitted; every request is judged, and every answer must have been asked for. Ports are never redirected.
#pragma once

#include <map>

#include "proxies/rdp/channels/device_io.h"

namespace anteroom::rdp {

class DeviceFilter final : public Filter {
public:
    explicit DeviceFilter(FilterTerms terms);
    Result<Passed> pass(Way way, View message) override;
    Passed close() override;

    static constexpr std::size_t most_devices = 64, most_outstanding = 1024;

private:
    enum class Kind : std::uint32_t { serial = 1, parallel = 2, printer = 4, drive = 8, smart_card = 0x20 };
    struct Device {
        Kind kind = Kind::drive;
        std::string name;
    };

    // devices.cpp: who is there
    Status core(Way way, std::uint16_t packet, In in, View whole, Passed& out);
    Status fixed(View whole, std::size_t size, Passed& out);
    Status client_name(In in, View whole, Passed& out);
    Status capabilities(Way way, std::uint16_t packet, In in, Passed& out);
    Status announced(In in, Passed& out);
    Status removed(In in, Passed& out);
    Status accepted(In in, View whole, Passed& out);
    Status printer_packet(Way way, View whole, Passed& out);
    bool permitted(std::uint32_t kind, const std::string& name);
    static const char* refusal(std::uint32_t kind);
    void forget(std::uint32_t device, Passed& out);
    void forget_all(Passed& out);

    // device_requests.cpp: what is done with them. The status is success for what passes.
    Status requested(In in, View whole, Passed& out);
    Result<std::uint32_t> judge(const Device& device, IoRequest& request, Passed& out);
    Result<std::uint32_t> judge_drive(const Device& device, IoRequest& request, Passed& out);
    Result<std::uint32_t> judge_create(const Device& device, IoRequest& request, Passed& out);
    Result<std::uint32_t> judge_setting(const Device& device, IoRequest& request, Passed& out);
    Result<std::uint32_t> judge_write(IoRequest& request, Passed& out);
    Result<std::uint32_t> judge_printer(const Device& device, IoRequest& request, Passed& out);
    std::uint32_t may(bool writes, std::string_view path, Passed& out);

    // device_completions.cpp: what came of it
    Status completed(In in, View whole, Passed& out);
    static Result<std::uint32_t> read_length(const IoRequest& request, In in);
    Status settle_read(const IoRequest& request, std::optional<std::uint32_t> length, std::uint32_t status, View whole, Passed& out);
    Status settle(IoRequest& request, std::uint32_t status, In in, Passed& out);
    static void settle_setting(const IoRequest& request, OpenFile& file, Passed& out);

    FilterTerms terms_;
    Budget budget_;
    Asked read_, write_, printer_, smart_card_;
    std::map<std::uint32_t, Device> devices_;
    std::map<std::pair<std::uint32_t, std::uint32_t>, IoRequest> outstanding_;  // by device and completion
    std::size_t opening_ = 0;                                                   // creates among them
    DeviceFiles files_;
};

}  // namespace anteroom::rdp
