// How the plot of a run looks.
extension RunPlot {
  /// Colours by class, twice: light, and dark where the viewer prefers it.
  static let style = """
    <style>
      text { font-size: 12px; fill: #24303f }
      .title { font-size: 21px; font-weight: 650 }
      .verdict { font-size: 13px; font-weight: 600; fill: #ffffff }
      .note, .tick, .axis { fill: #66717f }
      .tick, .band { font-size: 11px }
      .reason { fill: #b3261e }
      .band { fill: #4a5563 }
      .unreached { fill: #9aa4b0 }
      .paper { fill: #ffffff }
      .even { fill: #f1f4f8 }
      .odd { fill: #f8fafc }
      .unplayed { fill: #ffffff }
      .wait { fill: url(#hatch) }
      .hatch { stroke: #c9d2dd; stroke-width: 1.4 }
      .hatched { fill: #f6f8fb }
      .grid { stroke: #dfe5ec; stroke-width: 1 }
      .base { stroke: #aab4c0; stroke-width: 1 }
      .planarea { fill: #5b7cfa; fill-opacity: 0.10 }
      .plan { fill: none; stroke: #8fa6f7; stroke-width: 4; stroke-linejoin: round }
      .speed { fill: none; stroke: #1f3fb5; stroke-width: 1.4; stroke-linejoin: round }
      .force { fill: none; stroke: #c25a12; stroke-width: 1.4; stroke-linejoin: round }
      .limit { fill: none; stroke: #e0a070; stroke-width: 1.2; stroke-dasharray: 6 3 }
      .tolerance { fill: none; stroke: #b3261e; stroke-width: 1; stroke-dasharray: 3 3 }
      .dot { fill: #187a4d }
      .missed { fill: #b3261e }
      .unseen { fill: none; stroke: #66717f; stroke-width: 1.2 }
      .good { fill: #187a4d }
      .bad { fill: #b3261e }
      @media (prefers-color-scheme: dark) {
        text { fill: #e4e9f0 }
        .verdict { fill: #0f141b }
        .note, .tick, .axis { fill: #97a3b2 }
        .reason { fill: #ff9a91 }
        .band { fill: #b4bfcc }
        .unreached { fill: #6d7886 }
        .paper { fill: #12171f }
        .even { fill: #1a212b }
        .odd { fill: #161c25 }
        .unplayed { fill: #12171f }
        .hatch { stroke: #3a4655 }
        .hatched { fill: #1a212b }
        .grid { stroke: #28313d }
        .base { stroke: #556171 }
        .plan { stroke: #4562c9 }
        .speed { stroke: #a9bcff }
        .force { stroke: #ffb27a }
        .limit { stroke: #a8693a }
        .tolerance { stroke: #ff9a91 }
        .dot, .good { fill: #5fd39b }
        .missed, .bad { fill: #ff9a91 }
        .unseen { stroke: #97a3b2 }
      }
    </style>

    """

  static let hatching = """
    <defs>
      <pattern id="hatch" width="7" height="7" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
        <rect class="hatched" width="7" height="7"/><line class="hatch" x1="0" y1="0" x2="0" y2="7"/>
      </pattern>
    </defs>

    """
}
