/// Where the bytes of a PDU were, for those who ask a ``CaptureDecoder`` to trace them.
struct PDUTrace {
  /// Bytes that follow one another in a record's packet.
  struct Piece {
    var record: Int
    var offset: Int
    var count: Int
  }

  enum Layer {
    case att
    case signalling
  }

  /// Of the PDU that the last record made whole; nil when it made none.
  var layer: Layer?
  /// Its bytes.
  var pieces: [Piece] = []
  /// The length that an SDU begins with.
  var header: [Piece] = []
  /// Of the PDU that is being decoded, when it was joined: all of its bytes, those of its headers at the front.
  var joined: [Piece] = []
  /// Pieces that are kept of PDUs that are not whole, over all connections.
  var keptCount = 0

  /// The most of these; of a PDU in more pieces none is known.
  static let keptLimit = 1 << 16

  /// The first bytes of some pieces.
  static func first(_ count: Int, of pieces: [Piece]) -> [Piece] {
    var left = count
    return pieces.compactMap { piece in
      let taken = min(left, piece.count)
      left &-= taken
      return taken > 0 ? Piece(record: piece.record, offset: piece.offset, count: taken) : nil
    }
  }

  /// The last bytes of some pieces; empty where there are not so many.
  static func last(_ count: Int, of pieces: [Piece]) -> [Piece] {
    var left = count
    var result: [Piece] = []
    for piece in pieces.reversed() where left > 0 {
      let taken = min(left, piece.count)
      result.append(Piece(record: piece.record, offset: piece.offset &+ piece.count &- taken, count: taken))
      left &-= taken
    }
    return left == 0 ? result.reversed() : []
  }
}

extension CaptureDecoder {
  /// The pieces of the last bytes of the PDU that is being decoded.
  func pieces(_ bytes: RawSpan, _ context: Context) -> [PDUTrace.Piece] {
    context.isJoined
      ? PDUTrace.last(bytes.byteCount, of: trace?.joined ?? [])
      : [PDUTrace.Piece(record: context.record, offset: context.offset, count: bytes.byteCount)]
  }

  /// Notes where a whole PDU was.
  mutating func note(_ layer: PDUTrace.Layer, _ pdu: RawSpan, _ context: Context) {
    let pieces = pieces(pdu, context)
    trace?.layer = layer
    trace?.pieces = pieces
  }

  /// Notes where a part of an L2CAP PDU was.
  mutating func tracePart(_ part: RawSpan, _ context: Context) {
    guard let room = trace.map({ PDUTrace.keptLimit &- $0.keptCount }) else { return }
    let pieces = pieces(part, context)
    let more = links[context.slot].partial[context.direction].gather(pieces, room: room)
    trace?.keptCount &+= more
  }

  /// Notes where a part of an SDU was.
  mutating func traceSegment(_ part: RawSpan, _ context: Context, _ channel: Int) {
    guard let room = trace.map({ PDUTrace.keptLimit &- $0.keptCount }) else { return }
    let pieces = pieces(part, context)
    let more = links[context.slot].channels[channel].segments[context.direction].gather(pieces, room: room)
    trace?.keptCount &+= more
  }
}
