import Foundation
import Synchronization

/// Tells whoever started the service how it is: the protocol of sd_notify(3), a datagram of lines to the socket that `NOTIFY_SOCKET` names.
///
/// The socket is one of the file system or, after an `@`, of the abstract namespace.
final class ServiceNotification: Sendable {
  /// How often the service manager wants to hear of the service; nil when it does not care (`WATCHDOG_USEC`).
  let watchdogInterval: Duration?

  private let descriptor: Int32
  private let address: Data

  /// Nil when nobody wants to be told.
  ///
  /// - Throws: a failure with status 69 when the socket cannot be used, with its name.
  init?(environment: [String: String]) throws {
    guard let name = environment["NOTIFY_SOCKET"], !name.isEmpty else { return nil }
    guard let address = Self.socketAddress(name) else {
      throw Failure(
        .unavailable,
        "percussd: NOTIFY_SOCKET is “\(name)”, which is no path, no @abstract name, or longer than a socket's name may be; unset it when no service manager waits"
      )
    }
    descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else {
      throw Failure(.unavailable, "percussd: no socket for NOTIFY_SOCKET: \(systemMessage(errno))")
    }
    self.address = address
    // The manager reads soon; a service that waits for it longer than this would fail its own watchdog.
    var limit = timeval(tv_sec: 0, tv_usec: 200_000)
    setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    let isForMe = environment["WATCHDOG_PID"].map { $0 == String(getpid()) } ?? true
    watchdogInterval =
      isForMe ? environment["WATCHDOG_USEC"].flatMap { Int64($0) }.flatMap { $0 > 0 ? .microseconds($0) : nil } : nil
  }

  deinit { close(descriptor) }

  /// Sends the lines, as in `READY=1`; false when nobody took them.
  @discardableResult
  func send(_ lines: String...) -> Bool {
    let bytes = Array(lines.joined(separator: "\n").utf8)
    return address.withUnsafeBytes { (address: UnsafeRawBufferPointer) in
      let target = address.baseAddress?.assumingMemoryBound(to: sockaddr.self)
      let flags = Int32(MSG_NOSIGNAL)
      return sendto(descriptor, bytes, bytes.count, flags, target, socklen_t(address.count)) == bytes.count
    }
  }

  /// The bytes of a `sockaddr_un`, only as long as the name needs: an abstract name ends where the address does.
  private static func socketAddress(_ name: String) -> Data? {
    var path = Array(name.utf8)
    guard path.first == UInt8(ascii: "/") || path.first == UInt8(ascii: "@") else { return nil }
    let isAbstract = path[0] == UInt8(ascii: "@")
    if isAbstract { path[0] = 0 } else { path.append(0) }
    let beginning = MemoryLayout<sockaddr_un>.offset(of: \.sun_path) ?? 2
    guard path.count <= MemoryLayout<sockaddr_un>.size - beginning, path.count > 1 else { return nil }
    var family = sa_family_t(AF_UNIX)
    return Data(bytes: &family, count: beginning) + Data(path)
  }
}

/// What the system says of an error, in small letters: `no such file or directory`.
func systemMessage(_ number: Int32) -> String {
  String(cString: strerror(number)).lowercased()
}
