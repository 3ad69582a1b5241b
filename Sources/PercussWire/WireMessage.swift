/// A frame of the wire protocol, or a record inside of one, as a value.
///
///     let request = ControlRequest(sequence: 7, flags: [], body: .setSpeed(speedPPM: 1900, rampMilliseconds: 500))
///     let bytes = try request.bytes()                   // 13 07 00 6c 07 f4 01
///     let again = try ControlRequest(bytes)
///
/// Decoding reads from borrowed memory and encoding writes into the caller's: neither allocates, neither traps, whatever the
/// bytes are. Bytes behind the last known field are ignored: that is how a minor version grows.
///
/// The codec is inlinable, and decoding is inlined where it is called: the caller then takes the fields out of the bytes straight into
/// its own storage, which was measured to halve the time.
public protocol WireMessage: Equatable, Sendable {
  /// The most bytes that a value takes on the wire.
  static var maximumLength: Int { get }

  /// The bytes that this value takes on the wire.
  var encodedLength: Int { get }

  /// Decodes a whole value.
  ///
  /// Lengths are checked before values and the header before what follows it; the first mistake is thrown.
  init(decoding value: RawSpan) throws(WireError)

  /// Appends the encoded value to the output; nothing is appended when it throws.
  func encode(into output: inout OutputRawSpan) throws(WireError)
}

#if !hasFeature(Embedded)
  extension WireMessage {
    /// Decodes a whole value.
    public init(_ bytes: [UInt8]) throws(WireError) {
      unsafe try self.init(decoding: bytes.span.bytes)
    }

    /// The encoded value.
    public func bytes() throws(WireError) -> [UInt8] {
      var failure: WireError?
      let bytes = unsafe [UInt8](unsafeUninitializedCapacity: Self.maximumLength) { buffer, count in
        let raw = UnsafeMutableRawBufferPointer(buffer)
        var output = unsafe OutputRawSpan(buffer: raw, initializedCount: 0)
        do throws(WireError) {
          try encode(into: &output)
        } catch {
          failure = error
        }
        count = unsafe output.finalize(for: raw)
      }
      if let failure { throw failure }
      return bytes
    }
  }
#endif
