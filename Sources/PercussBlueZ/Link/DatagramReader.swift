internal import CLinux
internal import Glibc

/// Takes many packets out of a socket with one system call. Used on the thread of one timeline.
final class DatagramReader: @unchecked Sendable {  // its buffers are used on one thread only
  /// Packets per system call.
  static let batch = 64
  /// Packets taken in one go, so that one socket does not hold up the others.
  static let limit = 512
  /// The longest attribute value (Core Vol 3 Part F 3.2.9).
  private static let packetLength = 512

  enum End: Equatable {
    /// Nothing more is there now.
    case empty
    /// There may be more.
    case limit
    /// The other end is gone.
    case closed
  }

  private let bytes: UnsafeMutableRawBufferPointer
  private let vectors: UnsafeMutableBufferPointer<iovec>
  private let headers: UnsafeMutableBufferPointer<CLinuxMessage>

  init() {
    bytes = .allocate(byteCount: Self.batch * Self.packetLength, alignment: 64)
    vectors = .allocate(capacity: Self.batch)
    headers = .allocate(capacity: Self.batch)
    for index in 0..<Self.batch {
      let start = bytes.baseAddress.map { $0 + index * Self.packetLength }
      vectors.initializeElement(at: index, to: iovec(iov_base: start, iov_len: Self.packetLength))
      var header = CLinuxMessage()
      header.header.msg_iov = vectors.baseAddress.map { $0 + index }
      header.header.msg_iovlen = 1
      headers.initializeElement(at: index, to: header)
    }
  }

  deinit {
    bytes.deallocate()
    vectors.deallocate()
    headers.deallocate()
  }

  /// Takes what is there.
  func drain(_ descriptor: CInt, _ receive: (UnsafeRawBufferPointer) -> Void) -> End {
    var taken = 0
    while taken < Self.limit {
      let count = CLinuxReceive(descriptor, headers.baseAddress, UInt32(Self.batch))
      guard count > 0 else {
        switch errno {
        case EINTR: continue
        case EAGAIN: return .empty
        default: return .closed
        }
      }
      for index in 0..<Int(count) {
        let length = min(Int(headers[index].length), Self.packetLength)
        // An empty packet reads like the end of the stream; only the hang-up tells them apart.
        if length == 0, CLinuxIsEnded(descriptor) != 0 { return .closed }
        receive(UnsafeRawBufferPointer(rebasing: bytes[index * Self.packetLength..<index * Self.packetLength + length]))
      }
      taken += Int(count)
      if count < Self.batch { return .empty }
    }
    return .limit
  }
}
