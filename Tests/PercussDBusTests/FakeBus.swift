import Glibc
import PercussDBus
import PercussTime
import Synchronization
import Testing

/// The other end of a connection, played by a test: it authenticates, and then sends whatever bytes it likes.
final class FakeBus: Sendable {
  let address: BusAddress
  private let listener: CInt
  private let path: String
  private let thread = RealTimeline(name: "fake-bus")
  private let present = Present()

  /// The connection that is being played.
  private final class Present: Sendable {
    let peer = Mutex<Peer?>(nil)
  }

  struct Ended: Error {}

  init() throws {
    path = "/tmp/percuss-fake-\(getpid())-\(UInt32.random(in: 0...UInt32.max))"
    address = BusAddress(path: path)
    listener = socket(AF_UNIX, CInt(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    Self.limitWaits(on: listener)
    guard Self.withAddress(path, { bind(listener, $0, $1) }) == 0, listen(listener, 4) == 0 else { throw Ended() }
  }

  deinit {
    // Nobody waits any more for what will not come.
    shutdown(listener, CInt(SHUT_RDWR))
    present.peer.withLock { $0 }?.hangUp()
    thread.shutDown()
    close(listener)
    unlink(path)
  }

  /// Whatever waits for the other end gives up after 20 s.
  private static func limitWaits(on descriptor: CInt) {
    var limit = timeval(tv_sec: 20, tv_usec: 0)
    setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
  }

  static func withAddress(_ path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> CInt) -> CInt {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8.prefix(107)) }
    return withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, socklen_t(MemoryLayout<sockaddr_un>.size)) }
    }
  }

  /// Plays the bus for one connection on a thread of its own: takes it, authenticates it, answers its Hello, and hands it to the closure.
  func play(_ script: @escaping @Sendable (Peer) throws -> Void) {
    serve { peer in
      try peer.authenticate()
      let hello = try peer.nextMessage()
      try peer.send(RawMessage.reply(to: hello, body: .string(":1.7"), signature: "s"))
      try script(peer)
    }
  }

  /// Takes one connection and hands it to the closure; closes it afterwards.
  func serve(_ script: @escaping @Sendable (Peer) throws -> Void) {
    thread.schedule(at: .zero) { [listener, present] in
      let descriptor = accept(listener, nil, nil)
      guard descriptor >= 0 else { return }
      let peer = Peer(descriptor)
      present.peer.withLock { $0 = peer }
      try? script(peer)
      peer.hangUp()
    }
  }

  /// One connection; reads and writes block.
  final class Peer: Sendable {
    private let descriptor: CInt
    private let buffer = Mutex<[UInt8]>([])

    init(_ descriptor: CInt) {
      self.descriptor = descriptor
      FakeBus.limitWaits(on: descriptor)
    }

    deinit { close(descriptor) }

    /// Ends the connection, also where programs that other tests have started meanwhile hold copies of it.
    func hangUp() { shutdown(descriptor, CInt(SHUT_RDWR)) }

    /// Reads at least one byte more.
    private func fill(_ buffer: inout [UInt8]) throws {
      var bytes = [UInt8](repeating: 0, count: 65_536)
      let count = read(descriptor, &bytes, bytes.count)
      guard count > 0 else { throw Ended() }
      buffer += bytes.prefix(count)
    }

    func line() throws -> String {
      try buffer.withLock { buffer in
        while true {
          if let end = buffer.firstIndex(of: UInt8(ascii: "\n")) {
            defer { buffer.removeFirst(end + 1) }
            return String(decoding: buffer[..<end], as: UTF8.self)
          }
          try fill(&buffer)
        }
      }
    }

    func authenticate() throws {
      while true {
        let line = try line()
        if line.contains("AUTH EXTERNAL") {
          try send(Array("OK 0123456789abcdef0123456789abcdef\r\n".utf8))
        } else if line.contains("NEGOTIATE_UNIX_FD") {
          try send(Array("AGREE_UNIX_FD\r\n".utf8))
        } else if line.contains("BEGIN") {
          return
        } else {
          try send(Array("REJECTED EXTERNAL\r\n".utf8))
        }
      }
    }

    /// The number and the type of the next message that comes.
    func nextMessage() throws -> (serial: UInt32, type: UInt8) {
      try buffer.withLock { buffer in
        func number(_ offset: Int) -> Int {
          (0..<4).reduce(0) { $0 | Int(buffer[offset + $1]) << (8 * $1) }
        }
        while true {
          if buffer.count >= 16 {
            let size = 16 + (number(12) + 7) / 8 * 8 + number(4)
            if buffer.count >= size {
              defer { buffer.removeFirst(size) }
              return (UInt32(number(8)), buffer[1])
            }
          }
          try fill(&buffer)
        }
      }
    }

    func send(_ bytes: [UInt8]) throws {
      var sent = 0
      while sent < bytes.count {
        let count = bytes[sent...].withUnsafeBytes {
          Glibc.send(descriptor, $0.baseAddress, $0.count, CInt(MSG_NOSIGNAL))
        }
        guard count > 0 else { throw Ended() }
        sent += count
      }
    }

    /// Sends bytes and with the first of them descriptors, whatever the bytes say of these.
    func send(_ bytes: [UInt8], with descriptors: [CInt]) throws {
      let length = MemoryLayout<cmsghdr>.size + MemoryLayout<CInt>.size * descriptors.count
      let count = bytes.withUnsafeBytes { bytes in
        var part = iovec(iov_base: UnsafeMutableRawPointer(mutating: bytes.baseAddress), iov_len: bytes.count)
        return withUnsafeMutablePointer(to: &part) { part in
          withUnsafeTemporaryAllocation(byteCount: length + 8, alignment: 8) { control in
            control.storeBytes(of: length, as: Int.self)
            control.storeBytes(of: SOL_SOCKET, toByteOffset: 8, as: CInt.self)
            control.storeBytes(of: 1, toByteOffset: 12, as: CInt.self)  // SCM_RIGHTS
            for (index, number) in descriptors.enumerated() {
              control.storeBytes(of: number, toByteOffset: MemoryLayout<cmsghdr>.size + 4 * index, as: CInt.self)
            }
            var header = msghdr()
            header.msg_iov = part
            header.msg_iovlen = 1
            header.msg_control = control.baseAddress
            header.msg_controllen = (length + 7) & ~7
            return sendmsg(descriptor, &header, CInt(MSG_NOSIGNAL))
          }
        }
      }
      guard count == bytes.count else { throw Ended() }
    }
  }
}

/// The bytes of a message, valid or not, put together by hand (little-endian).
struct RawMessage {
  var type: UInt8 = 4
  var serial: UInt32 = 1_000
  /// Code, type and text of each header field; numbers as text.
  var fields: [(code: UInt8, type: Character, value: String)] = []
  var body = Body()
  /// How many descriptors it says to bring.
  var descriptors: UInt32?

  /// Values one after the other, aligned from the beginning of the body.
  struct Body {
    var bytes: [UInt8] = []

    mutating func align(_ boundary: Int) {
      while bytes.count % boundary != 0 { bytes.append(0) }
    }

    mutating func add<Number: FixedWidthInteger>(_ number: Number) {
      align(MemoryLayout<Number>.size)
      withUnsafeBytes(of: number.littleEndian) { bytes += $0 }
    }

    mutating func add(_ text: String) {
      add(UInt32(text.utf8.count))
      bytes += Array(text.utf8) + [0]
    }

    mutating func add(signature: String) {
      bytes += [UInt8(signature.utf8.count)] + Array(signature.utf8) + [0]
    }

    static func string(_ text: String) -> Body {
      var body = Body()
      body.add(text)
      return body
    }
  }

  /// A signal from the bus itself, or from somebody.
  static func signal(
    _ interface: String, _ member: String, path: String = "/org/freedesktop/DBus",
    sender: String? = "org.freedesktop.DBus", body: Body = Body(), signature: String = ""
  ) -> [UInt8] {
    var message = RawMessage()
    message.fields = [(1, "o", path), (2, "s", interface), (3, "s", member)]
    if let sender { message.fields.append((7, "s", sender)) }
    if !signature.isEmpty { message.fields.append((8, "g", signature)) }
    message.body = body
    return message.bytes
  }

  static func reply(
    to call: (serial: UInt32, type: UInt8), type: UInt8 = 2, sender: String? = "org.freedesktop.DBus",
    error: String? = nil, body: Body = Body(), signature: String = ""
  ) -> [UInt8] {
    var message = RawMessage()
    message.type = type
    message.fields = [(5, "u", "\(call.serial)")]
    if let sender { message.fields.append((7, "s", sender)) }
    if let error { message.fields.append((4, "s", error)) }
    if !signature.isEmpty { message.fields.append((8, "g", signature)) }
    message.body = body
    return message.bytes
  }

  static func call(
    _ interface: String, _ member: String, path: String, sender: String? = ":1.9", body: Body = Body(),
    signature: String = ""
  ) -> [UInt8] {
    var bytes = signal(interface, member, path: path, sender: sender, body: body, signature: signature)
    bytes[1] = 1
    return bytes
  }

  var bytes: [UInt8] {
    var header = Body()
    for field in fields + (descriptors.map { [(9, "u", "\($0)")] } ?? []) {
      header.align(8)
      header.bytes.append(field.code)
      header.add(signature: String(field.type))
      switch field.type {
      case "u": header.add(UInt32(field.value) ?? 0)
      case "g": header.add(signature: field.value)
      default: header.add(field.value)
      }
    }
    var message = Body()
    message.bytes = [UInt8(ascii: "l"), type, 0, 1]
    message.add(UInt32(body.bytes.count))
    message.add(serial)
    message.add(UInt32(header.bytes.count))
    message.bytes += header.bytes
    message.align(8)
    return message.bytes + body.bytes
  }
}
