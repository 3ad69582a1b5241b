internal import PercussDocument

extension DocumentDecoder {
  mutating func duration(_ node: DocumentNode) -> UInt32? {
    quantity(node, of: .duration) { text throws(QuantityError) in try QuantityReader.duration(text) }
  }

  mutating func force(_ node: DocumentNode) -> UInt16? {
    quantity(node, of: .force) { text throws(QuantityError) in try QuantityReader.force(text) }
  }

  mutating func speed(_ node: DocumentNode) -> SpeedQuantity? {
    quantity(node, of: .speed) { text throws(QuantityError) in try QuantityReader.speed(text) }
  }

  private mutating func quantity<Value>(
    _ node: DocumentNode, of dimension: Dimension, _ read: (String) throws(QuantityError) -> Value
  ) -> Value? {
    guard case .scalar(let text, _) = node.content else {
      report("\(dimension.noun) should stand here", at: node, help: "such as \(dimension.example)")
      return nil
    }
    do throws(QuantityError) {
      return try read(text)
    } catch {
      report(error.message, at: node, help: error.help)
      return nil
    }
  }
}
