/// The error codes of HCI (Core Vol 1 Part F).
enum HCIStatus {
  /// As in `connection timeout (0x08)`.
  static func text(_ code: UInt8) -> String {
    let digits = String(code, radix: 16)
    return "\(names[code] ?? "status") (0x\(digits.utf8.count == 1 ? "0" : "")\(digits))"
  }

  private static let names: [UInt8: String] = [
    0x02: "unknown connection", 0x05: "authentication failure", 0x06: "key missing", 0x07: "memory full",
    0x08: "connection timeout", 0x09: "too many connections", 0x0C: "command disallowed", 0x12: "invalid parameters",
    0x13: "ended by the remote user", 0x14: "remote device short of resources", 0x15: "remote device powers off",
    0x16: "ended by the local host", 0x1A: "unsupported remote feature", 0x1E: "invalid link-layer parameters",
    0x1F: "unspecified error", 0x20: "unsupported link-layer parameter", 0x22: "link-layer response timeout",
    0x28: "instant passed", 0x29: "pairing with unit key not supported", 0x2A: "different transaction collision",
    0x3B: "unacceptable connection parameters", 0x3C: "advertising timeout",
    0x3D: "connection terminated by a wrong message check", 0x3E: "connection failed to be established",
  ]
}
