import Glibc
import PercussDBus

/// A message bus that keeps no rule: it speaks the wire of a real one up to the point where a peer believes it, and then sends what it likes, in whose name
/// it likes. It runs where ``turn(_:)`` is called.
final class HostileBus {
  let address: BusAddress
  private let path: String
  private let listener: CInt
  private var peers: [Peer] = []
  private var serial: UInt32 = 0
  private(set) var traffic = Traffic()

  /// What went to and fro.
  struct Traffic {
    var sent = 0
    /// Of those that came: calls, answers with values, answers with an error, signals.
    var calls = 0
    var answers = 0
    var refusals = 0
    var signals = 0

    static func += (left: inout Traffic, right: Traffic) {
      left.sent += right.sent
      left.calls += right.calls
      left.answers += right.answers
      left.refusals += right.refusals
      left.signals += right.signals
    }
  }

  /// What the bus is made to do.
  protocol Conduct {
    /// A message came.
    mutating func take(_ message: ReceivedMessage, from peer: Peer, on bus: HostileBus)
    /// A peer is there to be bothered: it has read nearly all that was sent.
    mutating func bother(_ peer: Peer, on bus: HostileBus)
    /// The round is over.
    mutating func end()
  }

  /// One connection to this bus.
  final class Peer {
    fileprivate let descriptor: CInt
    fileprivate var input: [UInt8] = []
    fileprivate var output: [(bytes: [UInt8], descriptors: [PassedDescriptor])] = []
    fileprivate(set) var isSpeaking = false
    fileprivate(set) var isGone = false
    /// Where this peer's objects lie, as far as its messages named them.
    fileprivate(set) var paths: Set<String> = []

    fileprivate init(_ descriptor: CInt) { self.descriptor = descriptor }

    deinit { close(descriptor) }

    /// Ends the connection, as a bus does that was killed.
    func hangUp() { isGone = true }
  }

  /// - Parameter folder: a private one; the socket is made there.
  init(folder: String) throws {
    path = folder + "/bus"
    address = BusAddress(path: path)
    unlink(path)
    listener = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue), 0)
    var name = sockaddr_un()
    name.sun_family = sa_family_t(AF_UNIX)
    let bytes = Array(path.utf8) + [0]
    withUnsafeMutableBytes(of: &name.sun_path) { $0.copyBytes(from: bytes.prefix($0.count)) }
    let status = withUnsafePointer(to: name) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(listener, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    guard status == 0, listen(listener, 16) == 0 else { throw FuzzFailure("no socket at \(path): error \(errno)") }
  }

  deinit {
    close(listener)
    unlink(path)
  }

  /// Waits a millisecond at most, and does what there is to do.
  func turn(_ conduct: inout any Conduct) {
    var polled = [pollfd(fd: listener, events: Int16(POLLIN), revents: 0)]
    for peer in peers {
      polled.append(
        pollfd(fd: peer.descriptor, events: Int16(peer.output.isEmpty ? POLLIN : POLLIN | POLLOUT), revents: 0))
    }
    poll(&polled, nfds_t(polled.count), 1)
    if polled[0].revents != 0 {
      let descriptor = accept(listener, nil, nil)
      if descriptor >= 0 {
        _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
        // Little waits in the socket: what is asked is answered while the asker still wants it.
        var size: CInt = 4096
        setsockopt(descriptor, SOL_SOCKET, SO_SNDBUF, &size, socklen_t(MemoryLayout<CInt>.size))
        peers.append(Peer(descriptor))
      }
    }
    for (peer, poll) in zip(peers, polled.dropFirst()) where poll.revents != 0 { receive(peer, &conduct) }
    for peer in peers where peer.isSpeaking && !peer.isGone && peer.output.count < 8 {
      conduct.bother(peer, on: self)
    }
    for peer in peers { flush(peer) }
    peers.removeAll { $0.isGone }
  }

  /// Ends every connection.
  func hangUp() { peers.removeAll() }

  /// Queues a message for a peer; bytes that are no message any more when `spoil` has had them.
  func send(_ message: WireMessage, to peer: Peer, spoil: (inout [UInt8]) -> Void = { _ in }) {
    // A peer that reads slower than it is sent to gets no more: the fuzzing is not to fill its own memory.
    guard !peer.isGone, peer.output.count < 512 else { return }
    var message = message
    serial &+= 1
    if serial == 0 { serial = 1 }
    message.serial = serial
    var (bytes, descriptors) = message.marshalled()
    spoil(&bytes)
    peer.output.append((bytes, descriptors))
    traffic.sent += 1
  }

  // MARK: Bytes

  private func receive(_ peer: Peer, _ conduct: inout any Conduct) {
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    let count = receiveBytes(peer.descriptor, &buffer)
    guard count > 0 else {
      if count == 0 || (errno != EAGAIN && errno != EINTR) { peer.isGone = true }
      return
    }
    peer.input += buffer[..<count]
    if !peer.isSpeaking { authenticate(peer) }
    while peer.isSpeaking, let message = ReceivedMessage.next(in: &peer.input) {
      switch WireMessage.Kind(rawValue: message.kind) {
      case .methodCall: traffic.calls += 1
      case .methodReturn: traffic.answers += 1
      case .error: traffic.refusals += 1
      case .signal, nil: traffic.signals += 1
      }
      notePaths(message, peer)
      conduct.take(message, from: peer, on: self)
    }
  }

  /// Descriptors that come along are closed: nobody here wants them.
  private func receiveBytes(_ descriptor: CInt, _ buffer: inout [UInt8]) -> Int {
    buffer.withUnsafeMutableBytes { bytes in
      var part = iovec(iov_base: bytes.baseAddress, iov_len: bytes.count)
      return withUnsafeMutablePointer(to: &part) { part in
        withUnsafeTemporaryAllocation(byteCount: 1024, alignment: 8) { control in
          var header = msghdr()
          header.msg_iov = part
          header.msg_iovlen = 1
          header.msg_control = control.baseAddress
          header.msg_controllen = control.count
          let count = recvmsg(descriptor, &header, 0)
          var offset = 0
          while count >= 0, offset + 16 <= header.msg_controllen {
            let length = control.load(fromByteOffset: offset, as: Int.self)
            guard length >= 16 else { break }
            for place in stride(from: offset + 16, to: offset + length, by: 4) {
              close(control.load(fromByteOffset: place, as: CInt.self))
            }
            offset += (length + 7) & ~7
          }
          return count
        }
      }
    }
  }

  /// The lines before the first message (D-Bus Specification, "Authentication Protocol"); whoever comes is welcome.
  private func authenticate(_ peer: Peer) {
    if peer.input.first == 0 { peer.input.removeFirst() }
    while !peer.isSpeaking, let end = peer.input.firstIndex(of: UInt8(ascii: "\n")) {
      let line = String(decoding: peer.input[..<end], as: UTF8.self).split(whereSeparator: \.isWhitespace)
      peer.input.removeFirst(end + 1)
      switch line.first {
      case "AUTH" where line.count == 3: answer("OK 0123456789abcdef0123456789abcdef")
      case "NEGOTIATE_UNIX_FD": answer("AGREE_UNIX_FD")
      case "BEGIN": peer.isSpeaking = true
      default: answer("REJECTED EXTERNAL")
      }
    }
    func answer(_ line: String) { peer.output.append((Array("\(line)\r\n".utf8), [])) }
  }

  private func notePaths(_ message: ReceivedMessage, _ peer: Peer) {
    if message.member == "InterfacesRemoved" {
      peer.paths.subtract(message.paths)
      return
    }
    guard peer.paths.count < 256 else { return }
    if message.path.hasPrefix("/org/bluez/") { peer.paths.insert(message.path) }
    peer.paths.formUnion(message.paths)
  }

  private func flush(_ peer: Peer) {
    while let (bytes, descriptors) = peer.output.first, !peer.isGone {
      let count = sendBytes(peer.descriptor, bytes, descriptors)
      if count < 0 {
        if errno != EAGAIN && errno != EINTR { peer.isGone = true }
        return
      }
      if count == bytes.count {
        peer.output.removeFirst()
      } else {
        peer.output[0] = (Array(bytes[count...]), [])
        return
      }
    }
  }

  private func sendBytes(_ descriptor: CInt, _ bytes: [UInt8], _ descriptors: [PassedDescriptor]) -> Int {
    // At most as many as the kernel takes; a message that claims more than it brings is a test of its own.
    let numbers = descriptors.prefix(16).compactMap { $0.withDescriptor { $0 } }
    return bytes.withUnsafeBytes { bytes in
      var part = iovec(iov_base: UnsafeMutableRawPointer(mutating: bytes.baseAddress), iov_len: bytes.count)
      return withUnsafeMutablePointer(to: &part) { part in
        withUnsafeTemporaryAllocation(byteCount: 128, alignment: 8) { control in
          var header = msghdr()
          header.msg_iov = part
          header.msg_iovlen = 1
          if !numbers.isEmpty {
            let length = 16 + 4 * numbers.count
            control.storeBytes(of: length, toByteOffset: 0, as: Int.self)
            control.storeBytes(of: SOL_SOCKET, toByteOffset: 8, as: CInt.self)
            control.storeBytes(of: 1, toByteOffset: 12, as: CInt.self)  // SCM_RIGHTS
            for (index, number) in numbers.enumerated() {
              control.storeBytes(of: number, toByteOffset: 16 + 4 * index, as: CInt.self)
            }
            header.msg_control = control.baseAddress
            header.msg_controllen = (length + 7) & ~7
          }
          return sendmsg(descriptor, &header, Int32(MSG_NOSIGNAL))
        }
      }
    }
  }
}

/// Why the fuzzing ended.
struct FuzzFailure: Error, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }
}
