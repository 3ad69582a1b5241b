import PercussCapture
import PercussGATT
import PercussWire

/// Writes down what a decoder tells, a line each.
struct Recorder: CaptureObserver {
  var lines: [String] = []
  var values: [(event: AttributeEvent, bytes: [UInt8])] = []
  var connections: [ConnectionEvent] = []
  var controllers: [ControllerEvent] = []
  var problems: [CaptureProblem] = []

  mutating func attribute(_ event: AttributeEvent, value: RawSpan) {
    let bytes = value.withUnsafeBytes { Array($0) }
    values.append((event, bytes))
    let frame = (try? event.frame(of: value)).flatMap { $0 }.map { " \($0)" } ?? ""
    lines.append(
      "\(event.record) #\(event.connection) \(event.direction) \(event.operation) \(event.handle) \(hex(bytes))\(frame)"
    )
  }

  mutating func connection(_ event: ConnectionEvent) {
    connections.append(event)
    lines.append("\(event.record) #\(event.connection.number) \(event.kind)")
  }

  mutating func controller(_ event: ControllerEvent) {
    controllers.append(event)
    lines.append("\(event.record) hci\(event.controller) \(event.kind)")
  }

  mutating func problem(_ problem: CaptureProblem) {
    problems.append(problem)
    lines.append("\(problem.record) byte \(problem.fileOffset) \(problem.reason)")
  }

  /// The values with the name of their characteristic, as in `write_command Control Point 13 07`.
  var shown: [String] {
    values.filter { $0.event.carriesValue }.map { event, bytes in
      let name = event.attribute.map { attribute in
        let own = Profile.percuss.name(of: attribute.uuid)
        let parent =
          attribute.characteristic == attribute.uuid ? "" : Profile.percuss.name(of: attribute.characteristic) + "/"
        return (attribute.isAssumed ? "~" : "") + parent + own
      }
      return "\(event.operation.name) \(name ?? String(event.handle)) \(hex(bytes))"
    }
  }

  /// The typed frames of the values; what is none, or is refused, is left out.
  var frames: [CapturedFrame] {
    values.compactMap { event, bytes in (try? event.frame(of: bytes.span.bytes)).flatMap { $0 } }
  }
}

func hex(_ bytes: [UInt8]) -> String {
  bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined(separator: " ")
}

/// The bytes of hexadecimal digits.
func bytes(_ text: String) -> [UInt8] {
  let digits = text.filter { $0.isHexDigit }
  return stride(from: 0, to: digits.count, by: 2).map { place in
    let start = digits.index(digits.startIndex, offsetBy: place)
    return UInt8(digits[start..<digits.index(start, offsetBy: 2)], radix: 16) ?? 0
  }
}

/// What reading bytes as a capture gave.
struct Reading: Equatable {
  var lines: [String] = []
  var records: [CaptureRecord] = []
  var error: CaptureFileError?
}

/// Reads and decodes a capture that comes in pieces of that length; whole for nil.
func read(_ file: [UInt8], pieceLength: Int? = nil, saved: SavedHandles = SavedHandles()) -> (Reading, Recorder) {
  var reader = CaptureReader()
  var decoder = CaptureDecoder(saved: saved)
  var recorder = Recorder()
  var reading = Reading()
  var buffer: [UInt8] = []
  var place = 0
  repeat {
    let end = min(file.count, place + (pieceLength ?? file.count))
    buffer += file[place..<end]
    place = end
    var position = 0
    do throws(CaptureFileError) {
      let bytes = buffer.span.bytes
      while let record = try reader.next(in: bytes, at: &position, isLast: place == file.count) {
        decoder.decode(record, bytes.extracting(record.data), into: &recorder)
        var kept = record
        // The only thing that depends on the pieces.
        kept.data = 0..<record.data.count
        reading.records.append(kept)
      }
    } catch {
      reading.error = error
    }
    buffer.removeSubrange(..<position)
  } while place < file.count
  decoder.finish(into: &recorder)
  reading.lines = recorder.lines
  return (reading, recorder)
}
