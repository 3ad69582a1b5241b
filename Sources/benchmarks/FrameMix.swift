import CPercussCodec
import Foundation
import PercussWire

/// Every valid frame of the golden vectors, once, in the order of the files: the mix that the codec is measured with.
final class FrameMix {
  let count: Int
  let kinds: [MessageKind]
  /// The frames for the C codec; they point into `bytes`.
  let frames: UnsafeMutableBufferPointer<percuss_codec_frame>
  let ranges: [Range<Int>]
  let bytes: UnsafeMutableRawBufferPointer

  enum MessageKind: String, CaseIterable {
    case deviceFeature = "device_feature"
    case controlRequest = "control_request"
    case controlResponse = "control_response"
    case telemetry
    case deviceEvent = "device_event"
    case routineData = "routine_data"
    case routineStatus = "routine_status"
    case clockRequest = "clock_request"
    case clockReply = "clock_reply"
  }

  private init(_ mix: [(kind: MessageKind, bytes: [UInt8])]) {
    count = mix.count
    kinds = mix.map(\.kind)
    bytes = .allocate(byteCount: mix.reduce(0) { $0 + $1.bytes.count }, alignment: 16)
    frames = .allocate(capacity: mix.count)
    var ranges: [Range<Int>] = []
    var end = 0
    for (index, frame) in mix.enumerated() {
      let start = end
      end += frame.bytes.count
      UnsafeMutableRawBufferPointer(rebasing: bytes[start..<end]).copyBytes(from: frame.bytes)
      frames[index] = percuss_codec_frame(
        bytes: UnsafeRawBufferPointer(rebasing: bytes[start..<end]).assumingMemoryBound(to: UInt8.self).baseAddress,
        count: frame.bytes.count, message: percuss_codec_message(frame.kind.rawValue))
      ranges.append(start..<end)
    }
    self.ranges = ranges
  }

  deinit {
    bytes.deallocate()
    frames.deallocate()
  }

  static func load() throws -> FrameMix {
    let folder = URL(filePath: #filePath).appending(path: "../../../protocol-spec/vectors").standardizedFileURL
    var mix: [(MessageKind, [UInt8])] = []
    for kind in MessageKind.allCases {
      let file = try JSONDecoder().decode(
        File.self, from: Data(contentsOf: folder.appending(path: kind.rawValue + ".json")))
      mix += file.vectors.map { vector in
        (kind, vector.bytes.split(separator: " ").compactMap { UInt8($0, radix: 16) })
      }
    }
    return FrameMix(mix)
  }

  private struct File: Decodable {
    var vectors: [Vector]

    struct Vector: Decodable {
      var bytes: String
    }
  }
}
