import CPercussCodec
import PercussWire

private let repetitions = 2_000

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

/// Decoded values of the Swift codec, one for each frame.
private final class SwiftValues {
  private let mix: FrameMix
  private let values: UnsafeMutablePointer<Value>
  private let output: UnsafeMutableRawBufferPointer

  private enum Value {
    case deviceFeature(DeviceFeature)
    case controlRequest(ControlRequest)
    case controlResponse(ControlResponse)
    case telemetry(Telemetry)
    case deviceEvent(DeviceEvent)
    case routineData(RoutineData)
    case routineStatus(RoutineStatus)
    case clockRequest(ClockRequest)
    case clockReply(ClockReply)

    init(_ kind: FrameMix.MessageKind, _ bytes: RawSpan) throws(WireError) {
      switch kind {
      case .deviceFeature: self = .deviceFeature(try DeviceFeature(decoding: bytes))
      case .controlRequest: self = .controlRequest(try ControlRequest(decoding: bytes))
      case .controlResponse: self = .controlResponse(try ControlResponse(decoding: bytes))
      case .telemetry: self = .telemetry(try Telemetry(decoding: bytes))
      case .deviceEvent: self = .deviceEvent(try DeviceEvent(decoding: bytes))
      case .routineData: self = .routineData(try RoutineData(decoding: bytes))
      case .routineStatus: self = .routineStatus(try RoutineStatus(decoding: bytes))
      case .clockRequest: self = .clockRequest(try ClockRequest(decoding: bytes))
      case .clockReply: self = .clockReply(try ClockReply(decoding: bytes))
      }
    }

    func encode(from bytes: RawSpan, into output: inout OutputRawSpan) throws(WireError) {
      switch self {
      case .deviceFeature(let message): try message.encode(into: &output)
      case .controlRequest(let message): try message.encode(into: &output)
      case .controlResponse(let message): try message.encode(into: &output)
      case .telemetry(let message): try message.encode(into: &output)
      case .deviceEvent(let message): try message.encode(into: &output)
      case .routineData(let message):
        // The payload of a chunk stays where it was received.
        if case .chunk(let transfer, let offset, let payload) = message.body {
          try RoutineData.encodeChunk(
            transfer: transfer, offset: offset, payload: bytes.extracting(payload), into: &output)
        } else {
          try message.encode(into: &output)
        }
      case .routineStatus(let message): try message.encode(into: &output)
      case .clockRequest(let message): try message.encode(into: &output)
      case .clockReply(let message): try message.encode(into: &output)
      }
    }
  }

  init(_ mix: FrameMix) {
    self.mix = mix
    values = .allocate(capacity: mix.count)
    output = .allocate(byteCount: 512, alignment: 16)
  }

  deinit {
    values.deallocate()
    output.deallocate()
  }

  func decodeAll() -> Int {
    var good = 0
    for index in 0..<mix.count {
      guard
        let value = try? Value(mix.kinds[index], UnsafeRawBufferPointer(rebasing: mix.bytes[mix.ranges[index]]).bytes)
      else { continue }
      (values + index).initialize(to: value)
      good &+= 1
    }
    return good
  }

  func encodeAll() -> Int {
    var written = 0
    for index in 0..<mix.count {
      var span = OutputRawSpan(buffer: output, initializedCount: 0)
      do throws(WireError) {
        try values[index].encode(
          from: UnsafeRawBufferPointer(rebasing: mix.bytes[mix.ranges[index]]).bytes, into: &span)
        written &+= span.finalize(for: output)
      } catch {
        continue
      }
    }
    return written
  }

  /// Decodes what is one byte too short, or empty, so that the way of errors is walked too.
  func refuseAll() -> Int {
    var refused = 0
    for index in 0..<mix.count {
      let range = mix.ranges[index]
      let short = UnsafeRawBufferPointer(
        rebasing: mix.bytes[range.lowerBound..<min(range.lowerBound + 1, range.upperBound)])
      if (try? Value(mix.kinds[index], short.bytes)) == nil { refused &+= 1 }
    }
    return refused
  }
}
