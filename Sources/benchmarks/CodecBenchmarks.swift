import CPercussCodec
import PercussWire

// A round of half a millisecond: what else the machine does then meets both sides alike.
private let repetitions = 100

/// Decoding the mix into typed values that stay in memory, against the generated C codec at -O3.
func codecDecode(_ mix: FrameMix) -> Benchmark {
  let swift = SwiftValues(mix)
  let c = CValues(mix)
  return Benchmark(
    name: "codec.decode", unit: "ns per frame", goal: .ratio(1.5),
    ours: {
      var good = 0
      let time = nanoseconds { for _ in 0..<repetitions { good &+= swift.decodeAll() } }
      precondition(good == repetitions * mix.count, "the Swift codec refused a vector")
      return time / Double(good)
    },
    baseline: {
      var good = 0
      let time = nanoseconds { for _ in 0..<repetitions { good &+= c.decodeAll() } }
      precondition(good == repetitions * mix.count, "the C codec refused a vector")
      return time / Double(good)
    })
}

/// Encoding what was decoded into one buffer, against the generated C codec at -O3.
func codecEncode(_ mix: FrameMix) -> Benchmark {
  let swift = SwiftValues(mix)
  let c = CValues(mix)
  precondition(swift.decodeAll() == mix.count && c.decodeAll() == mix.count)
  let length = c.encodeAll()
  precondition(swift.encodeAll() == length, "the two codecs do not write the same number of bytes")
  return Benchmark(
    name: "codec.encode", unit: "ns per frame", goal: .ratio(1.5),
    ours: {
      var written = 0
      let time = nanoseconds { for _ in 0..<repetitions { written &+= swift.encodeAll() } }
      precondition(written == repetitions * length)
      return time / Double(repetitions * mix.count)
    },
    baseline: {
      var written = 0
      let time = nanoseconds { for _ in 0..<repetitions { written &+= c.encodeAll() } }
      precondition(written == repetitions * length)
      return time / Double(repetitions * mix.count)
    })
}

/// Calls of malloc while every frame of the mix is decoded, refused (cut short) and encoded.
func codecAllocations(_ mix: FrameMix) -> Benchmark {
  let swift = SwiftValues(mix)
  func count(_ body: () -> Void) -> Double {
    let before = percuss_codec_allocations()
    body()
    return before < 0 ? .nan : Double(percuss_codec_allocations() - before)
  }
  // The counter counts: one array is one allocation at least.
  precondition(!(count { withExtendedLifetime([UInt8](repeating: 1, count: mix.count)) {} } < 1))
  return Benchmark(
    name: "codec.allocations", unit: "calls of malloc", goal: .atMost(0),
    ours: {
      count {
        precondition(swift.decodeAll() == mix.count)
        precondition(swift.encodeAll() > 0)
        precondition(swift.refuseAll() == mix.count)
      }
    },
    baseline: nil)
}

/// Decoded values of the C codec, one for each frame.
private final class CValues {
  private let mix: FrameMix
  private let values: UnsafeMutablePointer<percuss_codec_value>
  private let output: UnsafeMutablePointer<UInt8>

  init(_ mix: FrameMix) {
    self.mix = mix
    values = .allocate(capacity: mix.count)
    output = .allocate(capacity: 512)
  }

  deinit {
    values.deallocate()
    output.deallocate()
  }

  func decodeAll() -> Int { percuss_codec_decode_all(mix.frames.baseAddress, mix.count, values) }

  func encodeAll() -> Int { percuss_codec_encode_all(mix.frames.baseAddress, mix.count, values, output, 512) }
}

/// Decoded values of the Swift codec, one for each frame, each in a slot of its own as the C codec's are.
private final class SwiftValues {
  private let frames: UnsafeMutableBufferPointer<percuss_codec_frame>
  private let kinds: UnsafeMutablePointer<FrameMix.MessageKind>
  private let values: UnsafeMutableRawPointer
  private let output: UnsafeMutableRawBufferPointer
  private let mix: FrameMix

  init(_ mix: FrameMix) {
    self.mix = mix
    frames = mix.frames
    kinds = .allocate(capacity: mix.count)
    kinds.initialize(from: mix.kinds, count: mix.count)
    values = .allocate(byteCount: mix.count * Slot.size, alignment: 16)
    output = .allocate(byteCount: 512, alignment: 16)
  }

  deinit {
    kinds.deallocate()
    values.deallocate()
    output.deallocate()
  }

  private enum Slot {
    static let size = 64

    /// Decoding is written out for each type, as a program does it: through the protocol it would be a call into its witness table.
    static func store<Message: WireMessage>(_ message: Message, _ slot: UnsafeMutableRawPointer) {
      slot.initializeMemory(as: Message.self, to: message)
    }

    static func encode<Message: WireMessage>(
      _: Message.Type, _ slot: UnsafeMutableRawPointer, _ output: inout OutputRawSpan
    ) throws(WireError) {
      try slot.assumingMemoryBound(to: Message.self).pointee.encode(into: &output)
    }
  }

  func decodeAll() -> Int { decodeAll { $0 } }

  /// Decodes one byte of each frame alone, so that the way of errors is walked too.
  func refuseAll() -> Int { mix.count - decodeAll { min($0, 1) } }

  /// The number of frames that were decoded.
  private func decodeAll(_ length: (Int) -> Int) -> Int {
    var good = 0
    for index in frames.indices {
      let bytes = UnsafeRawBufferPointer(start: frames[index].bytes, count: length(frames[index].count)).bytes
      let slot = values + index * Slot.size
      do throws(WireError) {
        switch kinds[index] {
        case .deviceFeature: Slot.store(try DeviceFeature(decoding: bytes), slot)
        case .controlRequest: Slot.store(try ControlRequest(decoding: bytes), slot)
        case .controlResponse: Slot.store(try ControlResponse(decoding: bytes), slot)
        case .telemetry: Slot.store(try Telemetry(decoding: bytes), slot)
        case .deviceEvent: Slot.store(try DeviceEvent(decoding: bytes), slot)
        case .routineData: Slot.store(try RoutineData(decoding: bytes), slot)
        case .routineStatus: Slot.store(try RoutineStatus(decoding: bytes), slot)
        case .clockRequest: Slot.store(try ClockRequest(decoding: bytes), slot)
        case .clockReply: Slot.store(try ClockReply(decoding: bytes), slot)
        }
        good &+= 1
      } catch {
        continue
      }
    }
    return good
  }

  /// The number of bytes that were written.
  func encodeAll() -> Int {
    var written = 0
    for index in frames.indices {
      let slot = values + index * Slot.size
      var span = OutputRawSpan(buffer: output, initializedCount: 0)
      do throws(WireError) {
        switch kinds[index] {
        case .deviceFeature: try Slot.encode(DeviceFeature.self, slot, &span)
        case .controlRequest: try Slot.encode(ControlRequest.self, slot, &span)
        case .controlResponse: try Slot.encode(ControlResponse.self, slot, &span)
        case .telemetry: try Slot.encode(Telemetry.self, slot, &span)
        case .deviceEvent: try Slot.encode(DeviceEvent.self, slot, &span)
        case .routineData:
          // The payload of a chunk stays where it was received.
          if case .chunk(let transfer, let offset, let payload) = slot.assumingMemoryBound(to: RoutineData.self).pointee
            .body
          {
            let bytes = UnsafeRawBufferPointer(start: frames[index].bytes, count: frames[index].count).bytes
            try RoutineData.encodeChunk(
              transfer: transfer, offset: offset, payload: bytes.extracting(payload), into: &span)
          } else {
            try Slot.encode(RoutineData.self, slot, &span)
          }
        case .routineStatus: try Slot.encode(RoutineStatus.self, slot, &span)
        case .clockRequest: try Slot.encode(ClockRequest.self, slot, &span)
        case .clockReply: try Slot.encode(ClockReply.self, slot, &span)
        }
        written &+= span.finalize(for: output)
      } catch {
        continue
      }
    }
    return written
  }
}
