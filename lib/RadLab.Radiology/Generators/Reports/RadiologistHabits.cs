namespace RadLab.Radiology;

/// <summary>
/// What one radiologist is used to: of several ways to say or to order something, nine times in ten the same. Which one depends on the radiologist's number and on
/// what the choice is about, not on the data set's seed: two data sets of one radiologist read alike.
/// </summary>
internal sealed class RadiologistHabits(ulong radiologist)
{
    private const ulong StyleStream = 13, HabitStream = 14;
    private const double Faithful = 0.9;

    /// <summary>The numbers that draw the radiologist's <see cref="ReportStyle"/>.</summary>
    public SeededRandom Style => new(radiologist, StyleStream, 0);

    /// <summary>Index into a list of ways to say one thing.</summary>
    /// <param name="about">What the list is about.</param>
    public int Below(ReadOnlySpan<char> about, int count, SeededRandom random) => random.Chance(Faithful) ? Own(about).Below(count) : random.Below(count);

    /// <summary>Whether to do what radiologists do with this probability.</summary>
    public bool Chance(ReadOnlySpan<char> about, double probability, SeededRandom random) => random.Chance(Faithful) ? Own(about).Chance(probability) : random.Chance(probability);

    private SeededRandom Own(ReadOnlySpan<char> about) => new(radiologist, HabitStream, SeededRandom.Hash(about));
}
