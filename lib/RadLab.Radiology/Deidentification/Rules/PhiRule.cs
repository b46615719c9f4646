namespace RadLab.Radiology;

/// <summary>One way to know an identifier by its surroundings and its words.</summary>
/// <param name="Name">Unique, for messages and tests.</param>
/// <param name="Kind">What the bracketed part is.</param>
/// <param name="Pattern">Context before, [what is found], context after, in the notation of <see cref="TokenPattern"/>.</param>
/// <param name="Finds">A text in which the rule finds what stands in braces; a test runs it. Lines are separated by |.</param>
/// <param name="Leaves">A text that is close to the rule's context and must stay as it is; a test runs it.</param>
/// <param name="Why">What the surroundings say.</param>
internal sealed record PhiRule(string Name, PhiKind Kind, string Pattern, string Finds, string Leaves, string Why);
