namespace RadLab.Radiology;

/// <summary>How a finding's side is chosen.</summary>
internal enum FindingSide
{
    /// <summary>The question does not arise, or the place's own words say it ("right lower lobe").</summary>
    None,
    Either,
    EitherOrBoth,

    /// <summary>The examined side, for limbs.</summary>
    Exam,
}

/// <summary>How a finding behaves between studies.</summary>
internal enum FindingCourse
{
    /// <summary>Comes, changes and goes.</summary>
    Acute,

    /// <summary>Stays, grows, or shrinks under treatment.</summary>
    Lesion,

    /// <summary>Grows or stays, and does not go by itself.</summary>
    Progressive,

    /// <summary>Happens once and is unchanged from then on: fractures, tears, infarcts.</summary>
    Injury,

    /// <summary>Stays, sometimes progresses; never new, never gone.</summary>
    Chronic,

    /// <summary>Never changes and is not compared: surgery, variants.</summary>
    Fixed,
}

/// <summary>
/// Diameters in mm: the largest is uniform in Least to Most, the others are 60 to 95 % of the one before.
/// </summary>
internal readonly record struct SizeRange(int Least, int Most, int Dimensions = 1);

/// <summary>One property that templates can name, e.g. {margin}.</summary>
internal sealed record FindingTrait(string Name, params string[] Values);

/// <summary>
/// Something that a report can describe: what it is called, where it occurs, how big, how it changes, and how findings and impression say so.
/// Slots of its sentences: {x} the noun, {a} its article, {there} ("there is a"), {is} {has} {was} {s} by number, {side} {place} {at} {size} {grade},
/// {new} and {since} for the change, {dx} for a hedged diagnosis, and its traits by name.
/// </summary>
internal sealed record ReportFinding(string Name)
{
    private readonly Noun[] _nouns = [Noun.Parse(Name)];

    /// <summary>What the text calls it; the name alone by default.</summary>
    public string[] Nouns { init => _nouns = [.. value.Select(Noun.Parse)]; }

    /// <summary>Nouns that say different things ("protrusion", "extrusion"): one is true of a patient's finding, and stays. <see cref="Nouns"/> are the same thing in other words.</summary>
    public string[] Kinds
    {
        init
        {
            _nouns = [.. value.Select(Noun.Parse)];
            HasKinds = true;
        }
    }

    /// <summary>What an injury is called in later studies, when it is no longer fresh; by default the same.</summary>
    public string[] OldNouns { init => OldNounList = [.. value.Select(Noun.Parse)]; }

    /// <summary>Wider concepts that it belongs to: a normal statement that denies one of them is not made beside it.</summary>
    public string[] Concepts { get; init; } = [];

    /// <summary>Names and concepts of what cannot be there at the same time.</summary>
    public string[] Excludes { get; init; } = [];

    public FindingSide Side { get; init; }

    /// <summary>Bare places, e.g. "right lower lobe", "{side} kidney".</summary>
    public string[] Places { get; init; } = [];

    /// <summary>How {at} puts a place.</summary>
    public string At { get; init; } = "in the {place}";

    public SizeRange? Size { get; init; }

    /// <summary>From least to most. With a size, the size decides.</summary>
    public string[] Grades { get; init; } = [];

    public FindingTrait[] Traits { get; init; } = [];

    /// <summary>What an observation may stand for; the first is the likeliest.</summary>
    public string[] Diagnoses { get; init; } = [];

    /// <summary>Relative frequency in the examinations that have it.</summary>
    public double Weight { get; init; } = 3;

    /// <summary>3 critical, 2 significant, 1 minor (often mentioned in the impression), 0 trivial (never).</summary>
    public int Rank { get; init; } = 1;

    /// <summary>Speaks against "no acute abnormality".</summary>
    public bool Acute { get; init; }

    public FindingCourse Course { get; init; } = FindingCourse.Chronic;

    /// <summary>How often the observation itself is in doubt; then it is not measured.</summary>
    public double Doubt { get; init; }

    /// <summary>How many of it one study can have, at different places.</summary>
    public int Most { get; init; } = 1;

    /// <summary>F or M; 0 for both.</summary>
    public char Sex { get; init; }

    public int MinAge { get; init; }

    public int MaxAge { get; init; } = 130;

    /// <summary>Only seen after intravenous contrast (true), or only named without it (false).</summary>
    public bool? Contrast { get; init; }

    /// <summary>Sentences of the findings.</summary>
    public required Wordings Says { get; init; }

    /// <summary>Sentences of the impression; needed from rank 1 on.</summary>
    public Wordings? Ends { get; init; }

    /// <summary>What to do about it, by size, grade and change.</summary>
    public Func<FindingState, Wordings?>? Advice { get; init; }

    /// <summary>How often the advice is given; 1 where a guideline asks for it.</summary>
    public double AdviceChance { get; init; } = 0.7;

    internal Noun[] NounList => _nouns;

    internal Noun[] OldNounList { get; private init; } = [];

    internal bool HasKinds { get; private init; }

    internal bool Is(string concept) => Name == concept || Array.IndexOf(Concepts, concept) >= 0;

    internal bool IsAny(string[] concepts)
    {
        foreach (string concept in concepts)
            if (Is(concept)) return true;
        return false;
    }

    internal bool ConflictsWith(ReportFinding other) => other.IsAny(Excludes) || IsAny(other.Excludes);
}
